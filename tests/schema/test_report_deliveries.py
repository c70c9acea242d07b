from datetime import UTC, date, datetime

import psycopg
import pytest

from tests.fixtures.platform_rows import People, rows, scalar

NOW = datetime(2024, 3, 3, tzinfo=UTC)
QUEUED = {
    "period": "week",
    "last_day": date(2024, 3, 2),
    "state": "queued",
    "waits_for": "turn",
    "next_attempt_at": NOW,
    "queued_at": NOW,
}
TRIED = {"attempts": 1, "message_id": "<a@b>", "waits_for": None, "next_attempt_at": None}
SENDING = QUEUED | TRIED | {"state": "sending", "sender": 1}
SENT = QUEUED | TRIED | {"state": "sent", "finished_at": NOW}
FAILED = SENT | {"state": "failed", "last_error": "550 nobody"}
POSSIBLE = {
    "queued": QUEUED,
    "taken by a sender": QUEUED | {"sender": 1},
    "to be tried again": QUEUED
    | TRIED
    | {"waits_for": "retry", "next_attempt_at": NOW, "last_error": "450 later"},
    "sending": SENDING,
    "sent": SENT,
    "failed": FAILED,
    "failed untried": FAILED | {"attempts": 0, "message_id": None},
    "uncertain": FAILED | {"state": "uncertain"},
    "stopped": QUEUED
    | {"state": "stopped", "waits_for": None, "next_attempt_at": None, "finished_at": NOW},
}
IMPOSSIBLE = {
    "queued without a time": QUEUED | {"next_attempt_at": None},
    "queued without a reason": QUEUED | {"waits_for": None},
    "queued and finished": QUEUED | {"finished_at": NOW},
    "again without an attempt": QUEUED | {"waits_for": "retry", "last_error": "450 later"},
    "again without an error": QUEUED | TRIED | {"waits_for": "retry", "next_attempt_at": NOW},
    "sending by nobody": SENDING | {"sender": None},
    "sending without an id": SENDING | {"message_id": None},
    "sending and finished": SENDING | {"finished_at": NOW},
    "sent and not finished": SENT | {"finished_at": None},
    "sent without an attempt": SENT | {"attempts": 0, "message_id": None},
    "sent and held": SENT | {"sender": 1},
    "sent with an error": SENT | {"last_error": "550 nobody"},
    "failed for no reason": FAILED | {"last_error": None},
    "uncertain for no reason": SENT | {"state": "uncertain"},
    "an error of no words": FAILED | {"last_error": ""},
    "an endless error": FAILED | {"last_error": "x" * 301},
    "a state of its own": FAILED | {"state": "lost"},
    "a period of its own": QUEUED | {"period": "year"},
}


def insert(connection: psycopg.Connection, people: People, values: dict[str, object]) -> None:
    facts = {"user_id": people.author, **values}
    names, marks = ", ".join(facts), ", ".join(f"%({name})s" for name in facts)
    connection.execute(
        f"INSERT INTO pipeline.report_deliveries ({names}) VALUES ({marks})".encode(), facts
    )


@pytest.mark.parametrize("name", POSSIBLE)
def test_a_delivery_can_be(trial: psycopg.Connection, people: People, name: str) -> None:
    insert(trial, people, POSSIBLE[name])


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_a_delivery_cannot_be(trial: psycopg.Connection, people: People, name: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        insert(trial, people, IMPOSSIBLE[name])


def test_a_creator_has_one_delivery_of_a_report(trial: psycopg.Connection, people: People) -> None:
    insert(trial, people, QUEUED)

    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(trial, people, SENT)


def test_preferences_and_deliveries_go_with_the_account(
    trial: psycopg.Connection, people: People
) -> None:
    insert(trial, people, SENT)
    trial.execute(
        "INSERT INTO pipeline.report_preferences VALUES (%s, 'off', now(), 'creator')",
        [people.author],
    )
    counted = "SELECT * FROM pipeline.count_report_rows(%(subject)s)"
    assert set(rows(trial, counted, subject=people.author)) == {
        ("pipeline.report_preferences", 1),
        ("pipeline.report_deliveries", 1),
    }

    trial.execute("DELETE FROM users WHERE id = %s", [people.author])

    assert rows(trial, counted, subject=people.author) == []


def test_a_sender_lives_as_long_as_its_session_holds_its_lock(trial: psycopg.Connection) -> None:
    living = "SELECT array_agg(n) FROM pipeline.living_senders() AS n"
    lock = "SELECT pg_advisory_xact_lock(hashtext('sociallive|report sender'), %(number)s)"

    assert scalar(trial, living) is None
    scalar(trial, lock, number=7)

    assert scalar(trial, living) == [7]
