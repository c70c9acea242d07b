from collections.abc import Callable
from datetime import date
from typing import TypeAlias

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.resources.day_changes import (
    DayChange,
    changed_days,
    compact,
    noted_changes,
    remove_seen,
)
from assets.resources.postgres import Postgres, Role
from schema.windows import DayRange
from tests.fixtures.platform_rows import rows, scalar

A, B, C = date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)
DAYS = DayRange(A, C)
NOTE = """
INSERT INTO pipeline.day_changes (table_name, days, row_delta, fingerprint_delta)
VALUES (%(table)s, datemultirange(daterange(%(first)s, %(last)s, '[]')), %(rows)s, %(hash)s)
"""
IN_THE_FUTURE = (
    "UPDATE pipeline.day_changes SET xid = (pg_current_xact_id()::text::bigint + 1000)::text::xid8"
)
Note: TypeAlias = Callable[..., None]


@pytest.fixture
def note(connection: psycopg.Connection) -> Note:
    """Commit a note at once: `note(A, rows=1)`, of a span with `last`."""
    connection.autocommit = True

    def write(
        first: date,
        *,
        last: date | None = None,
        rows: int = 0,
        hash: int | None = None,  # noqa: A002  as the note has it
        table: str = "posts",
    ) -> None:
        facts = {"first": first, "last": last or first, "rows": rows, "hash": hash, "table": table}
        connection.execute(NOTE, facts)

    return write


def state(connection: psycopg.Connection) -> str:
    """The state of PostgreSQL that a run which reads now publishes from."""
    return str(scalar(connection, "SELECT pg_current_snapshot()::text"))


def sums(connection: psycopg.Connection, seen: str | None = None) -> list[DayChange]:
    return noted_changes(connection, DAYS, unseen_by=seen)


def notes(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return rows(
        connection,
        "SELECT table_name, days::text, row_delta, fingerprint_delta::text "
        "FROM pipeline.day_changes AS noted ORDER BY noted.table_name, noted.days, 3",
    )


def remove(postgres: Postgres, days: list[date], *, seen: str) -> None:
    with postgres.session(Role.WRITER) as session:
        remove_seen(session, days, seen=seen)


def compact_as_writer(postgres: Postgres) -> None:
    with postgres.session(Role.WRITER) as session:
        compact(session)


def test_notes_of_a_table_and_day_are_added_up(connection: psycopg.Connection, note: Note) -> None:
    note(B, rows=1, hash=2**63 - 1)
    note(B, rows=1, hash=2**63 - 1)
    note(B, rows=-1, hash=-5, table="comments")
    note(C, rows=3, hash=7)

    assert sums(connection) == [
        DayChange(B, "comments", -1, -5),
        DayChange(B, "posts", 2, 2**64 - 2),
        DayChange(C, "posts", 3, 7),
    ]


def test_a_note_without_a_fingerprint_leaves_the_sum_without_one(
    connection: psycopg.Connection, note: Note
) -> None:
    note(B, rows=1, hash=4)
    note(B, rows=1)

    assert sums(connection) == [DayChange(B, "posts", 2, None)]


def test_a_note_of_a_span_counts_on_each_of_its_days_that_is_asked_for(
    connection: psycopg.Connection, note: Note
) -> None:
    note(date(2024, 1, 1), last=B, table="user_sessions")

    changes = sums(connection)

    assert changes == [DayChange(day, "user_sessions", 0, None) for day in (A, B)]


def test_days_that_nobody_noted_have_no_sum(connection: psycopg.Connection, note: Note) -> None:
    note(date(2024, 2, 27), rows=1, hash=1)
    note(date(2024, 3, 2), rows=1, hash=1)

    assert sums(connection) == []


@pytest.mark.parametrize(
    ("count", "fingerprint", "changed"),
    [(0, 0, False), (1, 0, True), (0, 1, True), (0, None, True), (-1, 3, True)],
)
def test_a_day_has_changed_unless_rows_and_fingerprint_add_up_to_nothing(
    count: int, fingerprint: int | None, *, changed: bool
) -> None:
    change = DayChange(B, "posts", count, fingerprint)

    assert changed_days([change]) == ({B} if changed else set())


def test_one_table_that_changed_is_enough_for_its_day() -> None:
    undone, late = DayChange(B, "posts", 0, 0), DayChange(B, "comments", 1, 9)

    assert changed_days([undone, late, DayChange(A, "posts", 0, 0)]) == {B}


def test_only_what_an_earlier_state_did_not_see_is_unseen(
    connection: psycopg.Connection, note: Note
) -> None:
    note(B, rows=1, hash=1)
    seen = state(connection)
    note(B, rows=5, hash=50)

    assert sums(connection, seen) == [DayChange(B, "posts", 5, 50)]
    assert sums(connection) == [DayChange(B, "posts", 6, 51)]


def test_a_note_of_a_transaction_that_was_open_at_that_state_is_unseen(
    connection: psycopg.Connection, note: Note, other_session: psycopg.Connection
) -> None:
    facts = {"first": B, "last": B, "rows": 1, "hash": 1, "table": "posts"}
    other_session.execute(NOTE, facts)
    seen = state(connection)
    other_session.commit()

    assert sums(connection, seen) == [DayChange(B, "posts", 1, 1)]


def test_what_a_publication_has_seen_of_its_days_is_removed(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(A, rows=1, hash=1)
    note(B, rows=2, hash=2)
    note(C, rows=3, hash=3)

    remove(postgres, [A, C], seen=state(connection))

    assert sums(connection) == [DayChange(B, "posts", 2, 2)]


def test_a_note_that_was_committed_after_the_state_stays(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(B, rows=1, hash=1)
    seen = state(connection)
    note(B, rows=1, hash=7)
    note(B, last=C)

    remove(postgres, [B], seen=seen)

    assert notes(connection) == [
        ("posts", "{[2024-02-29,2024-03-01)}", 1, "7"),
        ("posts", "{[2024-02-29,2024-03-02)}", 0, None),
    ]


def test_published_days_are_taken_out_of_a_span(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(date(2024, 2, 27), last=C)

    remove(postgres, [B], seen=state(connection))
    assert [change.day for change in sums(connection)] == [A, C]

    remove(postgres, [date(2024, 2, 27), A, C], seen=state(connection))
    assert notes(connection) == []


def test_what_stays_of_a_span_is_still_what_the_state_has_seen(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(A, last=C)
    seen = state(connection)

    remove(postgres, [B], seen=seen)

    assert sums(connection, seen) == []


def test_a_note_from_before_a_restore_is_removed_with_its_day(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(B, rows=1, hash=1)
    note(B, last=C)
    connection.execute(IN_THE_FUTURE)

    remove(postgres, [B], seen=state(connection))

    assert notes(connection) == [("posts", "{[2024-03-01,2024-03-02)}", 0, None)]


def test_compacting_leaves_one_note_per_table_and_span(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(B, rows=1, hash=10)
    note(B, rows=1, hash=20)
    note(B, rows=1, hash=30, table="comments")
    note(B, last=C)
    note(B, last=C)

    compact_as_writer(postgres)

    assert notes(connection) == [
        ("comments", "{[2024-02-29,2024-03-01)}", 1, "30"),
        ("posts", "{[2024-02-29,2024-03-01)}", 2, "30"),
        ("posts", "{[2024-02-29,2024-03-02)}", 0, None),
    ]


def test_compacting_drops_what_adds_up_to_nothing_and_nothing_else(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    for day, delta, fingerprint in [(A, 1, 5), (A, -1, -5), (B, 1, 5), (B, -1, -6), (C, 0, None)]:
        note(day, rows=delta, hash=fingerprint)

    compact_as_writer(postgres)

    assert notes(connection) == [
        ("posts", "{[2024-02-29,2024-03-01)}", 0, "-1"),
        ("posts", "{[2024-03-01,2024-03-02)}", 0, None),
    ]


a_note = st.tuples(
    st.sampled_from([(A, A), (B, B), (A, C), (B, C)]),
    st.integers(-2, 2),
    st.one_of(st.none(), st.integers(-3, 3)),
    st.sampled_from(["posts", "comments"]),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(a_note, max_size=12))
def test_compacting_changes_no_sum_that_means_anything(
    connection: psycopg.Connection,
    note: Note,
    postgres: Postgres,
    written: list[tuple[tuple[date, date], int, int | None, str]],
) -> None:
    connection.execute("DELETE FROM pipeline.day_changes")
    for (first, last), delta, fingerprint, table in written:
        note(first, last=last, rows=delta, hash=fingerprint, table=table)
    before = [change for change in sums(connection) if change.is_net]

    compact_as_writer(postgres)

    assert [change for change in sums(connection) if change.is_net] == before


def test_what_an_earlier_state_has_seen_stays_seen_when_it_is_added_up(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    note(B, rows=1, hash=1)
    note(B, rows=1, hash=1)
    seen = state(connection)
    note(C, rows=1, hash=1)

    compact_as_writer(postgres)

    assert sums(connection, seen) == [DayChange(C, "posts", 1, 1)]


def test_compacting_beside_an_open_transaction_waits_for_nobody_and_loses_nothing(
    connection: psycopg.Connection,
    note: Note,
    postgres: Postgres,
    other_session: psycopg.Connection,
) -> None:
    note(B, rows=1, hash=1)
    note(B, rows=1, hash=1)
    other_session.execute(NOTE, {"first": B, "last": B, "rows": 1, "hash": 1, "table": "posts"})
    note(B, rows=1, hash=1)

    compact_as_writer(postgres)
    assert [delta for _, _, delta, _ in notes(connection)] == [1, 2]

    other_session.commit()
    compact_as_writer(postgres)
    assert notes(connection) == [("posts", "{[2024-02-29,2024-03-01)}", 4, "4")]


def test_compacting_leaves_what_another_run_is_removing_to_it(
    connection: psycopg.Connection,
    note: Note,
    postgres: Postgres,
    other_session: psycopg.Connection,
) -> None:
    note(B, rows=1, hash=1)
    remove_seen(other_session, [B], seen=state(connection))

    compact_as_writer(postgres)
    other_session.commit()

    assert notes(connection) == []


def test_compacting_does_not_add_up_what_a_run_has_seen_and_what_it_has_not(
    connection: psycopg.Connection, note: Note, postgres: Postgres
) -> None:
    connection.execute(
        "INSERT INTO pipeline.partition_ledger (table_name, partition_date, fence, run_id, state) "
        "VALUES ('posts', %s, 1, 'r', 'writing')",
        [B],
    )
    note(B, rows=1, hash=1)
    seen = state(connection)
    note(B, rows=-1, hash=-1)

    compact_as_writer(postgres)
    remove(postgres, [B], seen=seen)

    assert sums(connection) == [DayChange(B, "posts", -1, -1)]
