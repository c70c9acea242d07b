import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from reports.creator.model import CreatorReport, Period, ReportPeriod
from reports.delivery.senders import Mail, Outcome, Verdict
from schema.errors import (
    CorruptPartitionError,
    HeldDayError,
    MissingPartitionError,
    PartitionLockedError,
    PipelineError,
    UnexplainedDifferenceError,
)
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.mail_server import MailServer
from tests.fixtures.post_office import PostOffice, smtp_sender

ANN, BOB = "ann@example.org", "bob@example.org"


def test_each_creator_gets_their_report_once_however_often_it_is_run(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob")

    for _ in range(2):
        office.queue()
        office.deliver(smtp_sender(mail_server.url))

    assert sorted(to for to, _ in mail_server.accepted) == [ANN, BOB]
    assert office.states() == {"ann": "sent", "bob": "sent"}
    assert mail_server.connections == 1


def test_a_report_that_is_not_final_is_held_until_it_is(
    office: PostOffice, mail_server: MailServer
) -> None:
    ann, _bob = office.add("ann", "bob")
    office.queue()
    office.unready.add(ann)

    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": 1, "held": 1}
    assert office.told("ann", "waits_for") == "final"
    office.wait(timedelta(seconds=1))
    assert office.deliver(smtp_sender(mail_server.url)).states == {"held": 1}
    office.unready.clear()
    office.wait(timedelta(seconds=1))

    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": 1}
    assert office.told("ann", "attempts") == 1


@pytest.mark.parametrize(
    ("place", "waits_for", "reason"),
    [("unready", "final", "not final"), ("missing", "report", "no report")],
)
def test_what_cannot_be_written_for_two_weeks_fails_with_the_reason(
    office: PostOffice, mail_server: MailServer, place: str, waits_for: str, reason: str
) -> None:
    [ann] = office.add("ann")
    office.queue()
    getattr(office, place).add(ann)
    office.wait(timedelta(weeks=2) - timedelta(seconds=1))
    office.deliver(smtp_sender(mail_server.url))
    assert office.told("ann", "waits_for") == waits_for
    office.wait(timedelta(seconds=1))

    assert office.deliver(smtp_sender(mail_server.url)).states == {"failed": 1}

    assert reason in office.told("ann", "last_error")
    assert mail_server.accepted == []


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        *((error, None) for error in (MissingPartitionError, HeldDayError, PartitionLockedError)),
        *(
            (error, "mails about the week that ends with 2024-02-24 wait: not that day")
            for error in (CorruptPartitionError, UnexplainedDifferenceError)
        ),
    ],
)
def test_a_period_that_cannot_be_reported_holds_its_mails_and_no_others(
    office: PostOffice, mail_server: MailServer, error: type[PipelineError], trouble: str | None
) -> None:
    office.add("ann")
    office.queue()
    office.queue(period=ReportPeriod(Period.WEEK, WEEK.last - timedelta(days=7)))

    def gather(period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
        if period != WEEK:
            raise error("not that day")
        return office.gather(period, creators)

    delivered = office.deliver(smtp_sender(mail_server.url), gather=gather)

    assert delivered.states == {"held": 1, "sent": 1}
    assert delivered.trouble == trouble
    waiting = "SELECT last_day, waits_for FROM pipeline.report_deliveries WHERE state = 'queued'"
    assert office.rows(waiting) == [(WEEK.last - timedelta(days=7), "report")]


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO pipeline.report_preferences SELECT id, 'off', now(), 'creator' FROM users",
        "INSERT INTO pipeline.report_preferences SELECT id, 'daily', now(), 'creator' FROM users",
        "UPDATE users SET is_active = FALSE",
        "UPDATE users SET deleted_at = now()",
        "UPDATE users SET email = 'new@example.org'",
    ],
)
def test_what_changes_after_the_mail_was_taken_up_still_stops_it(
    office: PostOffice, mail_server: MailServer, change: str
) -> None:
    office.add("ann")
    office.queue()

    def gather_slowly(period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
        office.execute(change)
        return office.gather(period, creators)

    delivered = office.deliver(smtp_sender(mail_server.url), gather=gather_slowly)

    assert delivered.states == {"stopped": 1}
    assert office.states() == {"ann": "stopped"}
    assert mail_server.accepted == []


@pytest.mark.parametrize(
    "change",
    [
        "email = 'new@example.org', email_verified_at = NULL",
        "email_verified_at = NULL",
        "email = 'ann@users.invalid'",
    ],
)
def test_an_address_that_may_not_be_written_to_any_more_gets_nothing(
    office: PostOffice, mail_server: MailServer, change: str
) -> None:
    office.add("ann", "bob")
    office.execute("UPDATE users SET email_verified_at = now()")
    office.queue()
    office.execute(f"UPDATE users SET {change} WHERE username = 'ann'")

    delivered = office.deliver(smtp_sender(mail_server.url))

    assert delivered.states == {"sent": 1, "stopped": 1}
    assert [to for to, _ in mail_server.accepted] == [BOB]


def test_what_was_queued_for_files_is_not_sent_to_addresses_that_nobody_verified(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob")
    office.execute("UPDATE users SET email_verified_at = now() WHERE username = 'bob'")
    office.queue(reaches_anyone=True)

    office.deliver(smtp_sender(mail_server.url))

    assert office.states() == {"ann": "stopped", "bob": "sent"}


def test_an_account_that_is_erased_meanwhile_gets_nothing(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann")
    office.queue()

    def gather_slowly(period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
        office.execute("DELETE FROM users")
        return office.gather(period, creators)

    delivered = office.deliver(smtp_sender(mail_server.url), gather=gather_slowly)

    assert delivered.states == {"gone": 1}
    assert mail_server.accepted == []


def test_an_address_that_is_none_fails_before_any_server_hears_of_it(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob")
    office.execute(
        "UPDATE users SET email = E'ann@example.org\\r\\nRCPT TO:<bob@example.org>'"
        " WHERE username = 'ann'"
    )
    office.queue()

    office.deliver(smtp_sender(mail_server.url))

    assert office.states() == {"ann": "failed", "bob": "sent"}
    assert office.told("ann", "attempts") == 0
    assert len(mail_server.accepted) == 1


@pytest.mark.fault
def test_two_senders_at_once_send_each_mail_once(
    office: PostOffice, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.delivery.delivery.BATCH_MAILS", 3)
    names = [f"creator{number}" for number in range(24)]
    office.add(*names)
    office.queue()
    ready = threading.Barrier(2)

    def work() -> None:
        sender = smtp_sender(mail_server.url)
        ready.wait()
        office.deliver(sender)

    runs = [threading.Thread(target=work) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert sorted(to for to, _ in mail_server.accepted) == sorted(f"{n}@example.org" for n in names)
    assert set(office.states().values()) == {"sent"}


class Withdrawing:
    """Takes every mail, and notes which it is asked to take back."""

    reaches_anyone = True

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        self.withdrawn: list[Mail] = []

    def hand_over(self, _mail: Mail) -> Outcome:
        self.office.execute("DELETE FROM users")
        return Outcome(Verdict.ACCEPTED)

    def withdraw(self, mail: Mail) -> None:
        self.withdrawn.append(mail)

    def close(self) -> None:
        pass


def test_a_mail_whose_account_was_erased_while_it_was_handed_over_is_withdrawn(
    office: PostOffice,
) -> None:
    [ann] = office.add("ann")
    office.queue()
    sender = Withdrawing(office)

    assert office.deliver(sender).states == {"gone": 1}

    assert [mail.user_id for mail in sender.withdrawn] == [ann]
