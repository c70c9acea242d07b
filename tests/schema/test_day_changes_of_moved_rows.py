from datetime import datetime, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.noted_days import (
    difference,
    engagement_sums,
    forget,
    note,
    noted_sums,
    notes,
    today,
)
from tests.fixtures.platform_rows import People, add_people, engage, scalar

TABLE = "user_engagement"
ARCHIVE = "user_engagement_archive"
JANUARY = datetime(2024, 1, 15, 12)
FEBRUARY = datetime(2024, 2, 29, 23, 59, 59, 999_999)
LONG_AGO = datetime(1999, 12, 31)
BOUNDS = "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
COLUMNS = "id, user_id, post_id, engagement_type, value, metadata, created_at"
KINDS = ("LIKE", "SHARE", "COMMENT", "VIEW", "CLICK", "SAVE")
# Two months with partitions of their own, the default partition, and more rows on one day.
MOMENTS = (JANUARY, JANUARY + timedelta(hours=1), JANUARY + timedelta(days=1), FEBRUARY, LONG_AGO)


@pytest.fixture
def three_months(trial: psycopg.Connection, people: People) -> People:
    """Likes of an archived January, of February, and of a month without a partition."""
    for moment, kind in zip((JANUARY, FEBRUARY, LONG_AGO), KINDS, strict=False):
        engage(trial, people.fan, people.post, moment, kind=kind)
    change_parent(trial, TABLE, ARCHIVE)
    forget(trial)
    return people


def change_parent(connection: psycopg.Connection, source: str, target: str) -> None:
    month = "PARTITION user_engagement_2024_01"
    connection.execute(f"ALTER TABLE {source} DETACH {month}".encode())
    connection.execute(f"ALTER TABLE {target} ATTACH {month} {BOUNDS}".encode())


def test_a_month_that_changes_parent_and_comes_back_leaves_no_note(
    trial: psycopg.Connection, three_months: People
) -> None:
    change_parent(trial, ARCHIVE, TABLE)
    change_parent(trial, TABLE, ARCHIVE)

    assert notes(trial) == []


def test_rows_moved_as_such_leave_no_note(trial: psycopg.Connection, three_months: People) -> None:
    trial.execute("CREATE TEMPORARY TABLE moved AS SELECT * FROM user_engagement")
    trial.execute("SET LOCAL sociallive.moving_engagement = 'on'")

    trial.execute("DELETE FROM user_engagement")
    trial.execute("INSERT INTO user_engagement SELECT * FROM moved")

    assert notes(trial) == []


def test_rows_that_move_into_their_new_month_leave_no_note(
    trial: psycopg.Connection, three_months: People
) -> None:
    trial.execute("SELECT ensure_engagement_partitions('1999-12-01', '1999-12-01')")

    moved = "SELECT count(*) FROM user_engagement_1999_12"
    assert (scalar(trial, moved), notes(trial)) == (1, [])


def test_rows_copied_into_the_archive_and_deleted_add_up_to_nothing(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)
    trial.execute(f"CREATE TABLE partial PARTITION OF {ARCHIVE} {BOUNDS}".encode())
    forget(trial)

    trial.execute(f"INSERT INTO {ARCHIVE} SELECT {COLUMNS} FROM {TABLE}".encode())
    trial.execute(f"DELETE FROM {TABLE}".encode())

    assert notes(trial) == [note(TABLE, JANUARY, -1), note(TABLE, JANUARY, 1)]
    assert noted_sums(trial) == {}


@pytest.mark.parametrize(
    ("statement", "days"),
    [
        ("DELETE FROM users WHERE username = 'fan'", (JANUARY, FEBRUARY, LONG_AGO)),
        ("DELETE FROM posts", (JANUARY, FEBRUARY, LONG_AGO)),
        ("DELETE FROM users", (JANUARY, FEBRUARY, LONG_AGO)),
        ("TRUNCATE posts CASCADE", (JANUARY, FEBRUARY, LONG_AGO)),
        ("TRUNCATE user_engagement", (FEBRUARY, LONG_AGO)),
        ("TRUNCATE user_engagement_2024_02", (FEBRUARY,)),
        ("TRUNCATE user_engagement_default", (LONG_AGO,)),
        ("TRUNCATE user_engagement_archive", (JANUARY,)),
        ("TRUNCATE user_engagement_2024_01", (JANUARY,)),
        ("DELETE FROM user_engagement_archive", (JANUARY,)),
        ("UPDATE user_engagement_archive SET value = 9", (JANUARY,)),
        ("UPDATE user_engagement_2024_01 SET engagement_type = 'SAVE'", (JANUARY,)),
    ],
)
def test_live_and_archived_rows_that_change_are_noted_on_their_days(
    trial: psycopg.Connection, three_months: People, statement: str, days: tuple[datetime, ...]
) -> None:
    before = engagement_sums(trial)

    trial.execute(statement.encode())

    assert noted_sums(trial) == difference(before, engagement_sums(trial))
    assert set(noted_sums(trial)) == {day.date() for day in days}


def test_truncated_rows_of_today_leave_no_note(trial: psycopg.Connection, people: People) -> None:
    engage(trial, people.fan, people.post, today(trial))

    trial.execute("TRUNCATE user_engagement")

    assert notes(trial) == []


def test_a_new_month_notes_late_rows_deletions_and_truncation(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("SELECT ensure_engagement_partitions('1999-12-01', '1999-12-01')")

    engage(trial, people.fan, people.post, LONG_AGO, table="user_engagement_1999_12")
    inserted = notes(trial)
    trial.execute("TRUNCATE user_engagement_1999_12")

    assert inserted == [note(TABLE, LONG_AGO, 1)]
    assert noted_sums(trial) == {}


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "redate", "remove"]),
        st.integers(0, len(KINDS) - 1),
        st.integers(0, len(MOMENTS) - 1),
    ),
    max_size=12,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=STEPS, after=STEPS)
def test_notes_of_a_day_add_up_to_what_changed_in_it(
    trial: psycopg.Connection, before: list[Step], after: list[Step]
) -> None:
    with trial.transaction(force_rollback=True):
        people = add_people(trial)
        take(trial, people, before)
        forget(trial)
        old = engagement_sums(trial)

        take(trial, people, after)

        assert noted_sums(trial) == difference(old, engagement_sums(trial))


def take(connection: psycopg.Connection, people: People, steps: list[Step]) -> None:
    for action, kind, moment in steps:
        values = {
            "who": people.fan,
            "post": people.post,
            "kind": KINDS[kind],
            "at": MOMENTS[moment],
            "value": moment,
        }
        connection.execute(STATEMENTS[action].encode(), values)


THIS = "WHERE user_id = %(who)s AND engagement_type = %(kind)s"
STATEMENTS = {
    "add": "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)"
    " SELECT %(who)s, %(post)s, %(kind)s, %(at)s"
    f" WHERE NOT EXISTS (SELECT FROM user_engagement {THIS})",
    "change": f"UPDATE user_engagement SET value = %(value)s {THIS}",
    "redate": f"UPDATE user_engagement SET created_at = %(at)s {THIS}",
    "remove": f"DELETE FROM user_engagement {THIS}",
}
