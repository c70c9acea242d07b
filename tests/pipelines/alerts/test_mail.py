from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from pipelines.alerts.mail import MailChannel
from pipelines.alerts.message import Event
from pipelines.alerts.words import Places
from reports.delivery.smtp_url import SmtpServer, parse_smtp_url
from tests.fixtures.alerts import DAY, NOW, PLACES, message, problem
from tests.fixtures.browser import Visitor
from tests.fixtures.dawdling_server import GREETING, dawdling_mail_server
from tests.fixtures.mail_server import Answer, MailServer, running_mail_server
from tests.fixtures.web import serve_folder

TO = "ops@example.org"
HOSTILE = (
    'x\r\nBcc: all@example.org\r\n\r\n<img src=x onerror=alert(1)><a href="//evil">&amp;\u202e'
)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with running_mail_server() as running:
        yield running


def channel(folder: Path, server: SmtpServer | None = None, places: Places = PLACES) -> MailChannel:
    return MailChannel(TO, "reports@social.example", places, server, folder, timeout=20)


def read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail.defects == []
    return mail


def bodies(mail: EmailMessage) -> tuple[str, str]:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


def test_an_alert_says_what_matters_in_the_subject_and_in_one_sentence(tmp_path: Path) -> None:
    mail = read(channel(tmp_path).write(message()))

    plain, html = bodies(mail)
    assert mail["Subject"] == "Alert: daily of 2024-03-04 failed in ingest"
    assert mail["To"] == TO
    assert mail["Auto-Submitted"] == "auto-generated"
    for body in (plain, html):
        assert "the server cannot be reached" in body
        assert "https://dagster.example/runs/abc" in body
        assert "docs/runbook/run-failed.md" in body
        assert "2024-03-05 09:00 UTC" in body


def test_the_runbook_is_a_link_where_the_documentation_is_served(tmp_path: Path) -> None:
    places = Places("https://dagster.example", "https://docs.example")

    plain, html = bodies(read(channel(tmp_path, places=places).write(message())))

    assert "https://docs.example/runbook/run-failed.html" in plain
    assert 'href="https://docs.example/runbook/run-failed.html"' in html


def test_what_errors_said_adds_neither_headers_nor_markup(tmp_path: Path) -> None:
    sent = message(problem(subject=HOSTILE, sentence=HOSTILE, path="/runs/abc"))

    mail = read(channel(tmp_path).write(sent))

    plain, html = bodies(mail)
    assert mail["Bcc"] is None
    assert set(mail.keys()) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
        *("X-Auto-Response-Suppress", "MIME-Version", "Content-Type"),
    }
    assert "<img" not in html
    assert 'href="//evil"' not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "\u202e" not in html + plain + mail["Subject"]
    assert "\nBcc" not in plain


def test_the_same_message_is_the_same_mail_and_another_is_not(tmp_path: Path) -> None:
    sender = channel(tmp_path)
    others = [
        message(event=Event.OVER),
        message(problem("another")),
        replace(message(), at=NOW + DAY),
    ]

    assert sender.write(message()) == sender.write(message())
    ids = {read(sender.write(one))["Message-ID"] for one in (message(), *others)}
    assert len(ids) == 4, "whoever has one with an id takes no second one"


def test_mail_goes_through_the_server_and_nowhere_else(tmp_path: Path, server: MailServer) -> None:
    sender = channel(tmp_path / "outbox", parse_smtp_url(server.url))
    sent = message()

    trouble = sender.send(sent)

    assert trouble is None
    [content] = server.mails_to(TO)
    assert content == sender.write(sent)
    assert not (tmp_path / "outbox").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer.GREYLIST, "450"),
        (Answer.UNKNOWN_USER, "550"),
        (Answer.HANG_UP_AT_RCPT, "closed"),
    ],
)
def test_what_the_server_does_not_take_is_a_sentence(
    tmp_path: Path, server: MailServer, answer: Answer, said: str
) -> None:
    server.plans[TO] = [answer]

    trouble = channel(tmp_path, parse_smtp_url(server.url)).send(message())

    assert trouble is not None
    assert said in trouble


@pytest.mark.fault
@pytest.mark.parametrize("endless", [GREETING, "EHLO", "RCPT", "end of data"])
def test_a_server_that_never_ends_an_answer_is_hung_up_on(tmp_path: Path, endless: str) -> None:
    with dawdling_mail_server(endless) as url:
        sender = replace(channel(tmp_path, parse_smtp_url(url)), timeout=0.2)

        trouble = sender.send(message())

    assert trouble


def test_a_mail_that_was_taken_is_not_sent_again_for_an_endless_good_bye(tmp_path: Path) -> None:
    with dawdling_mail_server("QUIT") as url:
        sender = replace(channel(tmp_path, parse_smtp_url(url)), timeout=2)

        assert sender.send(message()) is None


def test_without_a_server_the_mail_lies_in_the_outbox(tmp_path: Path) -> None:
    sender, sent = channel(tmp_path), message()

    trouble = sender.send(sent)

    assert trouble is None
    [file] = (tmp_path / "alerts").glob("*.eml")
    assert file.read_bytes() == sender.write(sent)
    assert file.name.startswith("2024-03-05-090000-alert-")


@pytest.mark.browser
def test_the_mail_is_shown_whole_and_runs_nothing(tmp_path: Path, visitor: Visitor) -> None:
    sent = message(problem(subject="a" * 300, sentence=HOSTILE * 20), problem("b"))
    _plain, html = bodies(read(channel(tmp_path).write(sent)))
    (tmp_path / "alert.html").write_text(html, encoding="utf-8")

    with serve_folder(tmp_path) as address:
        visit = visitor.visit(f"{address}/alert.html", allowed=address)
        page = visit.page
        widths = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        fits = page.evaluate(widths)
        links = page.eval_on_selector_all("a", "links => links.map(link => link.href)")
        pictures = page.locator("img").count()

    assert fits
    assert links == ["https://dagster.example/runs/abc"] * 2
    assert (pictures, visit.said) == (0, [])


def test_a_file_that_cannot_be_written_is_trouble_and_no_mail_that_was_taken(
    tmp_path: Path,
) -> None:
    (tmp_path / "outbox").write_text("in the way")

    trouble = channel(tmp_path / "outbox").send(message())

    assert trouble is not None
    assert str(tmp_path / "outbox") in trouble
