from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.alerts.channel import Channel
from pipelines.alerts.mail import MailChannel
from pipelines.alerts.message import GIVES_WAY_AFTER, KEPT
from pipelines.alerts.notebook import Notebook
from pipelines.alerts.problem import Findings
from pipelines.alerts.telling import Sent, Teller
from pipelines.alerts.webhook import WebhookChannel
from pipelines.alerts.webhook_url import parse_webhook_url
from reports.delivery.smtp_url import parse_smtp_url
from tests.fixtures.alerts import DAY, HOUR, MINUTE, NOW, PLACES, findings, problem
from tests.fixtures.mail_server import Answer, MailServer, running_mail_server
from tests.fixtures.webhook import Receiver, Reply, running_receiver

TO = "ops@example.org"


@dataclass
class Office:
    """A teller with a mail server and a receiver of webhooks."""

    folder: Path
    mail: MailServer
    hook: Receiver

    @property
    def channels(self) -> list[Channel]:
        mail = MailChannel(
            TO, "reports@social.example", PLACES, parse_smtp_url(self.mail.url), self.folder
        )
        return [mail, WebhookChannel(parse_webhook_url(f"{self.hook.url}/T0KEN"), PLACES)]

    @property
    def notebook(self) -> Notebook:
        return Notebook(self.folder / "alerts")

    def tell(self, found: Findings, now: datetime) -> Sent:
        """A look in a process of its own, as far as anybody can tell."""
        sent = Teller(self.notebook, self.channels).tell(lambda _looked_at: found, now)
        assert sent is not None
        return sent

    @property
    def heard(self) -> tuple[int, int]:
        """Mails and posts that arrived."""
        return len(self.mail.mails_to(TO)), len(self.hook.bodies)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[MailServer, Receiver]]:
    with ExitStack() as stack:
        yield stack.enter_context(running_mail_server()), stack.enter_context(running_receiver())


@pytest.fixture
def office(tmp_path: Path, servers: tuple[MailServer, Receiver]) -> Office:
    mail, hook = servers
    mail.accepted.clear()
    hook.bodies.clear()
    return Office(tmp_path, mail, hook)


def test_what_is_new_goes_out_once_through_every_channel(office: Office) -> None:
    first = office.tell(findings(problem("a"), problem("b")), NOW)
    second = office.tell(findings(problem("a"), problem("b")), NOW + MINUTE)

    assert (first, second) == (Sent(2), Sent())
    assert office.heard == (1, 1)
    assert office.hook.taken == ["Alert: daily of 2024-03-04 failed in ingest (and 1 more)"]


def test_a_look_that_has_nothing_to_tell_is_noted_and_the_next_one_begins_there(
    office: Office,
) -> None:
    looked_from: list[datetime | None] = []

    def look(looked_at: datetime | None) -> Findings:
        looked_from.append(looked_at)
        return findings()

    for now in (NOW, NOW + MINUTE):
        Teller(office.notebook, office.channels).tell(look, now)

    assert looked_from == [None, NOW]


def test_that_it_is_over_goes_out_too(office: Office) -> None:
    office.tell(findings(problem("a")), NOW)
    office.tell(findings(), NOW + MINUTE)

    assert office.hook.taken[-1] == "Well again: daily of 2024-03-04 failed in ingest"
    assert office.heard == (2, 2)


def test_a_channel_that_fails_gets_it_later_and_the_other_does_not_get_it_twice(
    office: Office,
) -> None:
    office.hook.plan = [Reply.FAIL, Reply.FAIL]
    found = findings(problem("a"))

    failed = office.tell(found, NOW)
    too_early = office.tell(found, NOW + MINUTE / 2)
    failed_again = office.tell(found, NOW + MINUTE)
    waits_longer = office.tell(found, NOW + 2 * MINUTE)
    taken = office.tell(found, NOW + 3 * MINUTE)

    assert "500 Broken" in failed.troubles[0]
    assert (failed.taken, too_early, waits_longer, taken) == (1, Sent(), Sent(), Sent(1))
    assert len(failed_again.troubles) == 1
    assert office.heard == (1, 1)
    assert office.notebook.read().messages == ()


def test_a_channel_has_that_it_is_over_never_before_the_alert(office: Office) -> None:
    office.mail.plans[TO] = [Answer.UNKNOWN_USER]
    office.tell(findings(problem("a")), NOW)

    waits = office.tell(findings(), NOW + MINUTE / 2)
    office.tell(findings(), NOW + MINUTE)

    assert waits == Sent(1), "the webhook's"
    assert office.heard == (2, 2)
    assert [b"Well again" in mail for mail in office.mail.mails_to(TO)] == [False, True]


def test_a_mail_that_is_refused_every_time_gives_way_and_is_not_lost(office: Office) -> None:
    office.mail.plans[TO] = [Answer.UNKNOWN_USER] * GIVES_WAY_AFTER
    now, both = NOW, findings(problem("a"), problem("b", subject="another"))
    office.tell(findings(problem("a")), now)
    for wait in (1, 2, 4, 8):
        now += wait * MINUTE
        office.tell(both, now)

    held_up = office.heard
    office.tell(both, now + MINUTE)
    office.tell(both, now + 16 * MINUTE)

    assert (held_up, office.heard) == ((0, 2), (2, 2))
    assert [b"another" in mail for mail in office.mail.mails_to(TO)] == [True, False]


def test_a_failing_channel_is_tried_until_nobody_would_want_to_hear_it(
    office: Office,
) -> None:
    office.hook.plan = [Reply.HANG_UP] * 500
    found = findings(problem("a"))
    attempts, now = 0, NOW
    while now < NOW + KEPT:
        attempts += len(office.tell(found, now).troubles)
        now += 2 * DAY
    first, *_reminders = office.notebook.read().messages
    office.hook.plan.clear()
    office.tell(found, NOW + KEPT + DAY)

    assert attempts == 7
    assert first.at == NOW
    assert first.waiting["webhook"].not_before - (now - 2 * DAY) == HOUR
    assert office.hook.bodies[0]["at"] > NOW.isoformat(), "the first one is given up"


def test_while_another_process_tells_nobody_else_does(office: Office) -> None:
    with office.notebook.locked():
        sent = Teller(office.notebook, office.channels).tell(lambda _: findings(), NOW)

    assert sent is None


def test_a_test_goes_through_every_channel_and_leaves_no_trace(office: Office) -> None:
    office.hook.plan = [Reply.FAIL]

    said = Teller(office.notebook, office.channels).test(NOW)

    assert said["mail"] is None
    assert "500" in str(said["webhook"])
    assert office.heard == (1, 0)
    assert not office.notebook.folder.exists()
