import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.alerts.message import Event
from pipelines.alerts.webhook import WebhookChannel, write_body
from pipelines.alerts.webhook_url import WebhookUrl, parse_webhook_url
from schema.errors import UsageError
from tests.fixtures.alerts import NOW, PLACES, message, problem
from tests.fixtures.relay import Authority
from tests.fixtures.webhook import Receiver, Reply, running_receiver

SECRET = "/services/T0KEN?key=s3cret"
HOSTILE = "<!channel> <https://evil|click> & `code` *bold* @here [x](javascript:1)\n\u202egnp"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def channel(receiver: Receiver, timeout: float = 20) -> WebhookChannel:
    return WebhookChannel(parse_webhook_url(receiver.url + SECRET), PLACES, timeout)


def test_a_message_is_posted_to_the_whole_address_with_fields_for_programs(
    receiver: Receiver,
) -> None:
    sent = message(problem("a"))

    trouble = channel(receiver).send(sent)

    assert trouble is None
    assert receiver.targets[-1] == SECRET
    body = receiver.bodies[-1]
    assert body["id"] == sent.identity
    assert body["event"] == "alert"
    assert body["at"] == NOW.isoformat()
    assert body["problems"] == [
        {
            "key": "a",
            "kind": "run-failed",
            "severity": "error",
            "subject": "daily of 2024-03-04 failed in ingest",
            "sentence": "the server cannot be reached",
            "since": NOW.isoformat(),
            "link": "https://dagster.example/runs/abc",
            "runbook": "docs/runbook/run-failed.md",
        }
    ]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply.FAIL, "did not take the message: 500 Broken"),
        (Reply.REDIRECT, "did not take the message: 307 Away"),
        (Reply.CHOICES, "did not take the message: 300 Choices"),
        (Reply.HANG_UP, "cannot be used"),
        (Reply.NONSENSE, "cannot be used: 220 mail.example ESMTP"),
    ],
)
def test_what_is_not_taken_is_a_sentence_without_the_secret(
    receiver: Receiver, reply: Reply, said: str
) -> None:
    receiver.plan, asked = [reply], len(receiver.targets)

    trouble = channel(receiver).send(message())

    assert trouble is not None
    assert said in trouble
    assert "T0KEN" not in trouble
    assert "s3cret" not in trouble
    assert len(receiver.targets) == asked + 1, "neither repeated nor followed"


def test_only_a_receiver_that_is_who_it_says_gets_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path, "authority").establish()
    with running_receiver(authority.context_for("localhost")) as receiver:
        refused = channel(receiver).send(message())
        bodies_then = len(receiver.bodies)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
        taken = channel(receiver).send(message())

    assert refused is not None
    assert "certificate verify failed" in refused
    assert (bodies_then, taken, len(receiver.bodies)) == (0, None, 1)


@pytest.mark.fault
@pytest.mark.parametrize("reply", [Reply.HANG, Reply.TRICKLE])
def test_a_receiver_that_never_ends_its_answer_is_hung_up_on(
    receiver: Receiver, reply: Reply
) -> None:
    receiver.plan = [reply]

    trouble = channel(receiver, timeout=0.3).send(message())

    assert trouble is not None
    assert "cannot be used" in trouble


def test_a_receiver_that_is_not_there_is_a_sentence() -> None:
    with running_receiver() as gone:
        url = gone.url

    trouble = WebhookChannel(parse_webhook_url(url + SECRET), PLACES).send(message())

    assert trouble is not None
    assert "refused" in trouble


def test_what_errors_said_stays_text_in_chat_programs() -> None:
    body = write_body(message(problem(subject=HOSTILE, sentence=HOSTILE)), PLACES)

    lines = body["text"].splitlines()
    quoted = [line.removeprefix("• ") for line in lines[1:3]]
    assert len(lines) == 5, "no line of its own"
    for line in quoted:
        assert (line[0], line[-1], line.count("`")) == ("`", "`", 2), "nothing ends the code"
        assert "<" not in line
        assert ">" not in line
        assert "&lt;!channel&gt;" in line
        assert "\u202e" not in line
    assert json.loads(json.dumps(body)) == body


def test_of_very_many_problems_a_message_shows_some_and_says_how_many_there_are() -> None:
    many = [problem(f"{number:03}") for number in range(50)]

    body = write_body(message(*many, event=Event.REMINDER), PLACES)

    assert len(body["problems"]) == 20
    assert "30 more: `sociallive alerts` lists all." in body["text"]
    assert body["subject"].endswith("(and 49 more)")


@pytest.mark.parametrize(
    "text",
    [
        "http://hooks.example/T0KEN",
        "ftp://127.0.0.1/T0KEN",
        "https:///T0KEN",
        "https://user:T0KEN@host/",
        "https://host:port/T0KEN",
        "https://host/T0KEN\r\nX: 1",
        "https://host/T0KEN x",
        "T0KEN",
    ],
)
def test_an_address_that_nothing_can_be_posted_to_is_refused_unseen(text: str) -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_ALERT_WEBHOOK") as refused:
        parse_webhook_url(text)

    assert "T0KEN" not in str(refused.value)


def test_an_address_shows_its_host_only() -> None:
    url = parse_webhook_url("https://hooks.example/services/T0KEN?a=b#c")

    assert url == WebhookUrl("hooks.example", 443, True, "/services/T0KEN?a=b")
    assert "T0KEN" not in repr(url)
    assert "T0KEN" not in repr(WebhookChannel(url, PLACES))
