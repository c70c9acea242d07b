from dataclasses import replace
from uuid import UUID

import pytest

from reports.delivery.senders import Mail, Outcome, Verdict
from reports.delivery.smtp import SmtpSender
from reports.delivery.smtp_url import parse_smtp_url
from tests.fixtures.dawdling_server import dawdling_mail_server
from tests.fixtures.listening import free_port
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.mail_server import Answer, MailServer
from tests.fixtures.post_office import MAIL_FROM, smtp_sender

ANN = "ann@example.org"
CONTENT = b"Subject: dots\r\n\r\n.\r\n..two\r\nfrom\r\n"
MAIL = Mail(UUID(int=1), WEEK, ANN, "<a@b>", CONTENT)


def test_a_message_arrives_byte_by_byte_whatever_dots_are_in_it(mail_server: MailServer) -> None:
    sender = smtp_sender(mail_server.url)

    assert sender.hand_over(MAIL) == Outcome(Verdict.ACCEPTED)
    sender.close()

    assert mail_server.accepted == [(ANN, CONTENT)]


def test_a_lost_connection_is_made_anew(mail_server: MailServer) -> None:
    sender = smtp_sender(mail_server.url)
    mail_server.plans[ANN] = [Answer.HANG_UP_AT_RCPT]

    verdicts = [sender.hand_over(MAIL).verdict for _ in range(3)]
    sender.close()

    assert verdicts == [Verdict.LATER, Verdict.ACCEPTED, Verdict.ACCEPTED]
    assert mail_server.connections == 2


def test_a_refusal_does_not_disturb_the_next_mail(mail_server: MailServer) -> None:
    sender = smtp_sender(mail_server.url)
    plan = [Answer.UNKNOWN_USER, Answer.ACCEPT, Answer.SPAM, Answer.LATER, Answer.ACCEPT]
    mail_server.plans[ANN] = plan[:]

    verdicts = [sender.hand_over(MAIL).verdict for _ in plan]
    sender.close()

    refused, taken = Verdict.REFUSED, Verdict.ACCEPTED
    assert verdicts == [refused, taken, refused, Verdict.LATER, taken]
    assert mail_server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        "530 5.7.0 Must issue a STARTTLS command first",
        "535 authentication failed",
        "550 5.4.5 Daily user sending limit exceeded",
        "553 5.1.8 Sender address rejected: Domain not found",
    ],
)
def test_a_recipient_s_refusal_that_is_about_us_gives_the_server_up_at_once(
    mail_server: MailServer, answer: str
) -> None:
    mail_server.at_rcpt = answer
    sender = smtp_sender(mail_server.url)

    outcome = sender.hand_over(MAIL)
    sender.close()

    assert outcome.verdict is Verdict.UNREACHABLE
    assert outcome.sentence.endswith(f" takes no mail from us: {answer}")


def test_nothing_is_sent_to_a_server_without_the_tls_that_is_wanted(
    mail_server: MailServer,
) -> None:
    sender = smtp_sender(f"{mail_server.url}?starttls=required")

    outcome = sender.hand_over(MAIL)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert "STARTTLS" in outcome.sentence
    assert mail_server.accepted == []


# aiosmtpd warns of what its own code does.
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")
@pytest.mark.parametrize("given", ["right", "wr0ng"])
def test_a_password_opens_the_server_and_is_never_told(mail_server: MailServer, given: str) -> None:
    mail_server.password = "right"
    sender = smtp_sender(mail_server.url.replace("//", f"//mailuser:{given}@"))

    outcome = sender.hand_over(MAIL)
    sender.close()

    expected = Verdict.ACCEPTED if given == "right" else Verdict.UNREACHABLE
    assert outcome.verdict is expected
    assert given not in f"{outcome} {sender}"
    assert "mailuser" not in outcome.sentence


@pytest.mark.parametrize("user", ["u", "mail", "server"])
def test_a_user_that_is_called_as_our_own_words_takes_no_letter_out_of_them(user: str) -> None:
    server = replace(parse_smtp_url("smtp://127.0.0.1:9"), user=user, password="wr0ng")

    outcome = SmtpSender(server, MAIL_FROM).hand_over(MAIL)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert outcome.sentence.startswith("the mail server at 127.0.0.1:9 cannot be used: ")
    assert outcome.sentence.endswith("Connection refused")


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_password_that_the_protocol_cannot_carry_leaves_no_mail_in_doubt(
    mail_server: MailServer,
) -> None:
    mail_server.password = "right"
    server = replace(parse_smtp_url(mail_server.url), user="mailuser", password="p\u00e4ss")

    outcome = SmtpSender(server, MAIL_FROM).hand_over(MAIL)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert " cannot be used: " in outcome.sentence


@pytest.mark.fault
def test_a_report_that_a_server_has_and_never_answers_about_is_uncertain() -> None:
    with dawdling_mail_server("end of data") as url:
        sender = smtp_sender(url)
        sender.longest_exchange = 2

        outcome = sender.hand_over(MAIL)

    assert outcome.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("answer", ["354 go on", "399 hold on"])
def test_an_answer_that_neither_takes_nor_refuses_a_mail_leaves_it_uncertain(
    mail_server: MailServer, answer: str
) -> None:
    mail_server.after_data = answer
    sender = smtp_sender(mail_server.url)

    outcome, next_one = sender.hand_over(MAIL), sender.hand_over(MAIL)
    sender.close()

    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.sentence.endswith(f" whether it has the mail: it said {answer}")
    assert next_one.verdict is Verdict.ACCEPTED
    # What it says next on that connection might be about the mail before.
    assert mail_server.connections == 2


def test_a_server_that_is_not_there_is_named(mail_server: MailServer) -> None:
    port = free_port()

    outcome = smtp_sender(f"smtp://127.0.0.1:{port}").hand_over(MAIL)

    assert outcome.verdict is Verdict.UNREACHABLE
    assert f"the mail server at 127.0.0.1:{port} cannot be used: " in outcome.sentence
