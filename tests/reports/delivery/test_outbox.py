from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from assets.lifecycle.expired_rows import DELIVERY_DAYS, remove_expired_rows
from assets.resources.postgres import Role
from reports.creator.definitions import ReportSite, publish_period
from reports.creator.model import Period, ReportPeriod
from reports.delivery.delivery import consequences
from reports.delivery.outbox import Due, Queued, Turn, turn_of_sender
from reports.delivery.senders import Mail, Outcome, Verdict
from tests.fixtures.mail_reports import LAST, WEEK, week_of
from tests.fixtures.mail_server import Answer, MailServer
from tests.fixtures.post_office import PostOffice, smtp_sender

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "back-up-and-restore.md"
PREFER = (
    "INSERT INTO pipeline.report_preferences"
    " SELECT id, %s, now(), 'creator' FROM users WHERE username = %s"
)
BEGIN_ALL = (
    "UPDATE pipeline.report_deliveries SET state = 'sending', waits_for = NULL,"
    " next_attempt_at = NULL, attempts = 1, message_id = '<a@b>'"
)
Act: TypeAlias = Callable[[Turn, Due, datetime], Any]


def begin(turn: Turn, due: Due, now: datetime) -> str | None:
    return turn.begin_attempt(due, "<a@b>", now, reaches_anyone=False)


def end(turn: Turn, due: Due, now: datetime) -> str | None:
    sent = consequences(Outcome(Verdict.ACCEPTED), 1, "<a@b>", now)
    return turn.end_attempt(mail_of(due), sent)


def undo(turn: Turn, due: Due, now: datetime) -> str | None:
    return turn.undo_attempt(mail_of(due), "no server", now)


def give_up(turn: Turn, due: Due, now: datetime) -> str | None:
    return turn.give_up(due, "no address", now)


def put_back(turn: Turn, due: Due, now: datetime) -> list[str]:
    return turn.put_back([due], "final", "not final", now=now, run=now)


def release(turn: Turn, _due: Due, _now: datetime) -> None:
    turn.release()


def mail_of(due: Due) -> Mail:
    return Mail(due.user_id, due.period, due.email, "<a@b>", b"")


def take_all(turn: Turn, now: datetime) -> list[Due]:
    """What is due of all report periods, one after the other."""
    taken = []
    while dues := turn.take_due(now, 5):
        taken += dues
    return taken


@contextmanager
def sender(office: PostOffice) -> Iterator[Turn]:
    """A sender in a session of its own."""
    with (
        office.postgres.session(Role.MAILER, autocommit=True) as connection,
        turn_of_sender(connection) as turn,
    ):
        yield turn


def test_without_a_preference_reports_come_weekly(office: PostOffice) -> None:
    office.add("ann", "bob")

    for period in Period:
        queued = office.queue(period=ReportPeriod(period, LAST))
        assert queued == (Queued(2, 0, 0, 0) if period is Period.WEEK else Queued(0, 0, 0, 2))


def test_what_is_told_of_a_mail_has_neither_its_address_nor_its_content() -> None:
    ann = UUID(int=1)
    now = datetime(2024, 3, 4, tzinfo=UTC)

    told = repr(
        [
            Due(ann, WEEK, 0, now, "ann@example.org", is_verifying=True),
            Mail(ann, WEEK, "ann@example.org", "<id@example.org>", b"Dear Ann"),
        ]
    )

    assert str(ann) in told
    assert "ann@" not in told
    assert "Dear" not in told


@pytest.mark.parametrize(
    ("frequency", "period"),
    [("daily", Period.DAY), ("weekly", Period.WEEK), ("monthly", Period.MONTH), ("off", None)],
)
def test_a_preference_gets_the_reports_of_its_period_only(
    office: PostOffice, frequency: str, period: Period | None
) -> None:
    office.add("ann")
    office.execute(PREFER, frequency, "ann")

    for asked in Period:
        office.queue(period=ReportPeriod(asked, LAST))

    wanted = [(period.value,)] if period else []
    assert office.rows("SELECT period FROM pipeline.report_deliveries") == wanted


def test_queueing_again_changes_nothing(office: PostOffice) -> None:
    office.add("ann")
    assert office.queue() == Queued(1, 0, 0, 0)
    before = office.rows("SELECT * FROM pipeline.report_deliveries")
    office.wait(timedelta(hours=1))

    assert office.queue() == Queued(0, 1, 0, 0)

    assert office.rows("SELECT * FROM pipeline.report_deliveries") == before


def test_only_the_creators_that_are_asked_for_are_queued(office: PostOffice) -> None:
    ann, _bob = office.add("ann", "bob")

    assert office.queue([ann, UUID(int=99)]) == Queued(1, 0, 0, 0)

    assert office.states() == {"ann": "queued"}


@pytest.mark.parametrize(
    "change",
    [
        "is_active = FALSE",
        "is_active = NULL",
        "deleted_at = now()",
        "email = 'ann@users.invalid'",
        "email = 'ann@INVALID'",
        "email = 'ann@example.invalid.'",
    ],
)
def test_who_cannot_be_written_to_is_counted_as_such(office: PostOffice, change: str) -> None:
    office.add("ann", "bob")
    office.execute(f"UPDATE users SET {change} WHERE username = 'ann'")

    assert office.queue() == Queued(1, 0, 1, 0)

    assert office.states() == {"bob": "queued"}


def test_files_are_written_for_addresses_that_no_server_delivers_to(office: PostOffice) -> None:
    office.add("ann", "bob")
    office.execute("UPDATE users SET email = username || '@users.invalid'")
    office.execute("UPDATE users SET is_active = FALSE WHERE username = 'bob'")

    assert office.queue(reaches_anyone=True) == Queued(1, 0, 1, 0)


def test_where_the_platform_verifies_addresses_only_verified_ones_are_written_to(
    office: PostOffice,
) -> None:
    office.add("ann", "bob")
    office.execute("UPDATE users SET email_verified_at = now() WHERE username = 'ann'")

    assert office.queue() == Queued(1, 0, 1, 0)
    assert office.queue(reaches_anyone=True) == Queued(1, 1, 0, 0)


def test_what_was_stopped_and_is_wanted_again_is_queued_again(office: PostOffice) -> None:
    office.add("ann")
    office.queue()
    office.execute(
        "UPDATE pipeline.report_deliveries SET state = 'stopped', waits_for = NULL,"
        " next_attempt_at = NULL, finished_at = now()"
    )

    assert office.queue() == Queued(1, 0, 0, 0)

    assert office.states() == {"ann": "queued"}


def test_each_period_and_day_is_a_mail_of_its_own(office: PostOffice) -> None:
    office.add("ann")
    earlier = ReportPeriod(Period.WEEK, LAST - timedelta(days=7))

    assert office.queue(period=WEEK) == office.queue(period=earlier) == Queued(1, 0, 0, 0)


def test_what_a_sender_has_taken_is_no_one_else_s_until_it_ends(office: PostOffice) -> None:
    office.add("ann", "bob")
    office.queue()

    with sender(office) as second:
        with sender(office) as first:
            [taken] = first.take_due(office.now, 1)
            [left] = second.take_due(office.now, 5)
            assert second.take_due(office.now, 5) == []
            assert second.begin_attempt(taken, "<a@b>", office.now, reaches_anyone=False) is None
        assert second.take_due(office.now, 5) == [taken]
        assert second.begin_attempt(taken, "<a@b>", office.now, reaches_anyone=False) == "sending"

    assert {taken.email, left.email} == {"ann@example.org", "bob@example.org"}


def test_a_mail_passes_the_gate_once(office: PostOffice) -> None:
    office.add("ann")
    office.queue()

    with sender(office) as turn:
        [due] = turn.take_due(office.now, 5)

        passed = [
            turn.begin_attempt(due, "<a@b>", office.now, reaches_anyone=False) for _ in range(2)
        ]

    assert passed == ["sending", None]


def test_a_sender_that_was_taken_for_dead_records_nothing(office: PostOffice) -> None:
    [ann] = office.add("ann")
    office.queue()
    mail = Mail(ann, WEEK, "ann@example.org", "<a@b>", b"")

    with sender(office) as turn:
        [due] = turn.take_due(office.now, 5)
        turn.begin_attempt(due, mail.message_id, office.now, reaches_anyone=False)
        assert turn.abandon_lost(office.now) == 0
        turn.connection.execute("SELECT pg_advisory_unlock_all()")
        with sender(office) as other:
            assert other.abandon_lost(office.now) == 1
        sent = consequences(Outcome(Verdict.ACCEPTED), 1, mail.message_id, office.now)

        assert turn.end_attempt(mail, sent) is None

    assert office.states() == {"ann": "uncertain"}


@pytest.mark.parametrize(
    ("act", "while_sending"),
    [(begin, False), (give_up, False), (put_back, False), (end, True), (undo, True)],
)
def test_what_becomes_of_one_mail_becomes_of_no_other_that_the_sender_holds(
    office: PostOffice, act: Act, *, while_sending: bool
) -> None:
    [ann, _bob] = office.add("ann", "bob")
    office.execute(PREFER, "daily", "ann")
    office.queue(period=ReportPeriod(Period.DAY, LAST))
    office.execute("DELETE FROM pipeline.report_preferences")
    office.queue(period=ReportPeriod(Period.WEEK, LAST - timedelta(days=7)))
    office.queue()
    others = (
        "SELECT * FROM pipeline.report_deliveries WHERE (user_id, period, last_day) <> (%s, %s, %s)"
    )

    with sender(office) as turn:
        dues = take_all(turn, office.now)
        if while_sending:
            office.execute(BEGIN_ALL)
        before = sorted(office.rows(others, ann, "week", LAST))
        [mine] = [due for due in dues if (due.user_id, due.period) == (ann, WEEK)]

        assert act(turn, mine, office.now)

        assert len(before) == 4
        assert sorted(office.rows(others, ann, "week", LAST)) == before


@pytest.mark.parametrize(
    ("act", "while_sending"),
    [
        *((begin, False), (give_up, False), (put_back, False), (release, False)),
        *((end, True), (undo, True), (release, True)),
    ],
)
def test_a_sender_changes_nothing_about_a_mail_that_another_one_holds(
    office: PostOffice, act: Act, *, while_sending: bool
) -> None:
    office.add("ann")
    office.queue()

    with sender(office) as holder, sender(office) as other:
        [due] = holder.take_due(office.now, 5)
        if while_sending:
            office.execute(BEGIN_ALL)
        before = office.rows("SELECT * FROM pipeline.report_deliveries")

        assert not act(other, due, office.now)

        assert office.rows("SELECT * FROM pipeline.report_deliveries") == before


def test_a_mail_is_remembered_for_longer_than_its_report_is_queued(
    office: PostOffice, mail_server: MailServer, tmp_path: Path
) -> None:
    [ann] = office.add("ann")
    office.queue()
    office.deliver(smtp_sender(mail_server.url))

    # It ended years ago, by the clock of the database.
    assert remove_expired_rows(office.postgres).deliveries == 1

    def queue(period: ReportPeriod, creators: Sequence[UUID]) -> Mapping[str, int]:
        return asdict(office.queue(creators, period=period))

    oldest_kept = LAST + timedelta(days=DELIVERY_DAYS)
    site = ReportSite(tmp_path, queue, oldest_kept)
    facts = publish_period(site, WEEK, [week_of(ann)], lambda _new: {}, lambda _said: None)
    assert facts["pages"] == 1
    assert office.states() == {}


def test_what_a_restore_brings_back_is_not_sent_once_it_is_marked_as_the_page_says(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob", "eve", "joe")
    office.queue()
    mail_server.plans["ann@example.org"] = [Answer.GREYLIST]
    office.unready.add(next(user for user, name in office.creators.items() if name == "bob"))
    office.deliver(smtp_sender(mail_server.url))
    before = len(mail_server.accepted)
    office.add("sue")
    office.queue()
    kinds = "UPDATE pipeline.report_deliveries SET sender = 1 WHERE user_id = ANY(%s)"
    office.execute(kinds, list(office.unready))
    _, _, statement = PAGE.read_text(encoding="utf-8").partition("```sql\n")

    office.execute(statement.partition("```")[0])

    office.unready.clear()
    office.wait(timedelta(days=1))
    assert office.queue() == Queued(0, 5, 0, 0)
    assert office.deliver(smtp_sender(mail_server.url)).states == {}
    assert len(mail_server.accepted) == before == 2
    sent = dict.fromkeys(("eve", "joe"), "sent")
    assert office.states() == sent | dict.fromkeys(("ann", "bob", "sue"), "failed")
