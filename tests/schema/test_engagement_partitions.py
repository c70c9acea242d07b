from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import psycopg
import pytest

from tests.fixtures.platform_rows import (
    People,
    add_people,
    engage,
    rows,
    scalar,
    unmatched_keys,
    wait_until_blocked,
)
from tests.fixtures.postgres import numbered

# A leap year far ahead: no migration of these years makes its months.
LEAP_DAY = datetime(2064, 2, 29, 23, 59, 59, 999_999)
FIRST_OF_MARCH = datetime(2064, 3, 1)
ENSURE = "SELECT ensure_engagement_partitions(%(first)s, %(last)s)"

OpenSession = Callable[[], psycopg.Connection]


def ensure(connection: psycopg.Connection, first: str, last: str) -> list[object]:
    return [name for (name,) in rows(connection, ENSURE, first=first, last=last)]


def places(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return rows(
        connection,
        "SELECT tableoid::regclass::text, created_at::text FROM user_engagement ORDER BY 2",
    )


@pytest.mark.parametrize(
    "moment", ["1999-12-31", "2064-02-29", "9999-12-31", "infinity", "-infinity"]
)
def test_a_row_out_of_every_month_lands_in_the_default_partition(
    trial: psycopg.Connection, people: People, moment: str
) -> None:
    trial.execute(
        "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)"
        " VALUES (%s, %s, 'LIKE', %s)",
        [people.fan, people.post, moment],
    )

    assert [place for place, _ in places(trial)] == ["user_engagement_default"]
    assert unmatched_keys(trial) == []


def test_last_month_this_month_and_the_six_to_come_have_partitions(
    trial: psycopg.Connection,
) -> None:
    lacking = rows(
        trial,
        "SELECT missing_engagement_months("
        "(CURRENT_DATE - INTERVAL '1 month')::date, (CURRENT_DATE + INTERVAL '6 months')::date)",
    )

    assert lacking == []


def test_the_month_of_a_leap_day_ends_with_it(trial: psycopg.Connection, people: People) -> None:
    made = ensure(trial, "2064-02-29", "2064-02-29")

    engage(trial, people.fan, people.post, LEAP_DAY)
    engage(trial, people.author, people.post, FIRST_OF_MARCH)

    assert made == ["user_engagement_2064_02"]
    assert [place for place, _ in places(trial)] == [
        "user_engagement_2064_02",
        "user_engagement_default",
    ]


def test_every_month_of_a_range_is_made_once(trial: psycopg.Connection) -> None:
    months = [f"user_engagement_{month}" for month in ("2063_12", "2064_01", "2064_02")]

    assert ensure(trial, "2063-12-31", "2064-02-01") == months
    assert ensure(trial, "2063-12-01", "2064-02-29") == []


@pytest.mark.parametrize(
    ("first", "last"),
    [("2064-02-02", "2064-02-01"), ("10000-01-01", "10000-01-01"), ("-infinity", "infinity")],
)
def test_days_that_are_no_range_of_months_are_refused(
    trial: psycopg.Connection, first: str, last: str
) -> None:
    refusal = "give two days of the years 1 to 9999, oldest first"

    with pytest.raises(psycopg.errors.InvalidParameterValue, match=refusal):
        ensure(trial, first, last)


def test_a_missing_day_is_refused(trial: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        trial.execute("SELECT ensure_engagement_partitions(NULL, '2064-02-01')")


def test_rows_that_came_before_their_month_move_into_it_with_their_keys(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, LEAP_DAY)
    engage(trial, people.author, people.post, FIRST_OF_MARCH)
    before = rows(trial, "SELECT * FROM user_engagement ORDER BY id")

    ensure(trial, "2064-02-01", "2064-02-01")

    assert rows(trial, "SELECT * FROM user_engagement ORDER BY id") == before
    assert [place for place, _ in places(trial)] == [
        "user_engagement_2064_02",
        "user_engagement_default",
    ]
    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, people.fan, people.post, FIRST_OF_MARCH)


@pytest.mark.parametrize(
    "changes",
    [
        ["ADD device TEXT DEFAULT 'tv'", "ALTER device DROP DEFAULT"],
        [
            """ADD "The device" TEXT NOT NULL DEFAULT 'tv' CHECK ("The device" <> '')""",
            'ALTER "The device" DROP DEFAULT',
        ],
        ["ADD year INTEGER GENERATED ALWAYS AS (extract(YEAR FROM created_at)) STORED"],
        ["ADD number {numbered}"],
    ],
)
def test_a_column_that_was_added_goes_into_the_month_with_its_values(
    trial: psycopg.Connection, people: People, changes: list[str]
) -> None:
    engage(trial, people.fan, people.post, LEAP_DAY)
    for change in changes:
        told = change.format(numbered=numbered(trial))
        trial.execute(f"ALTER TABLE user_engagement {told}".encode())
    before = rows(trial, "SELECT to_jsonb(held) FROM user_engagement AS held")

    ensure(trial, "2064-02-01", "2064-02-01")

    assert rows(trial, "SELECT to_jsonb(held) FROM user_engagement AS held") == before
    assert [place for place, _ in places(trial)] == ["user_engagement_2064_02"]


def test_a_month_that_is_given_up_halfway_leaves_its_rows_where_they_were(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, LEAP_DAY)

    trial.execute("SAVEPOINT before")
    ensure(trial, "2064-02-01", "2064-02-01")
    trial.execute("ROLLBACK TO before")

    assert [place for place, _ in places(trial)] == ["user_engagement_default"]
    assert unmatched_keys(trial) == []


def test_making_months_does_not_leave_the_door_open_for_duplicates(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, LEAP_DAY)
    ensure(trial, "2064-02-01", "2064-02-01")

    trial.execute("DELETE FROM user_engagement")

    assert scalar(trial, "SELECT count(*) FROM user_engagement_keys") == 0


def test_a_new_month_is_bound_like_its_parent(trial: psycopg.Connection, people: People) -> None:
    ensure(trial, "2064-02-01", "2064-02-01")
    engage(trial, people.fan, people.post, LEAP_DAY, table="user_engagement_2064_02")

    with pytest.raises(psycopg.errors.UniqueViolation), trial.transaction():
        engage(trial, people.fan, people.post, LEAP_DAY, kind="LIKE")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), trial.transaction():
        engage(trial, people.fan, people.fan, LEAP_DAY)
    trial.execute("TRUNCATE user_engagement_2064_02")

    assert unmatched_keys(trial) == []


def test_two_that_make_the_same_months_at_once_both_succeed(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    def make(session: psycopg.Connection) -> list[object]:
        made = ensure(session, "2064-01-01", "2064-02-01")
        session.commit()
        return made

    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(make, [connection, more_sessions()]))

    assert sorted(made, key=len) == [[], ["user_engagement_2064_01", "user_engagement_2064_02"]]


def test_inserts_into_existing_months_go_on_while_one_is_made(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    people = add_people(connection)
    connection.commit()
    writer = more_sessions()
    writer.execute("SET lock_timeout = '5s'")

    ensure(connection, "2064-02-01", "2064-02-01")
    engage(writer, people.fan, people.post, datetime(2024, 1, 15))
    writer.commit()
    connection.commit()

    assert [place for place, _ in places(connection)] == ["user_engagement_2024_01"]


def test_an_insert_that_waited_for_its_month_to_be_made_fails_loudly_and_lands_when_repeated(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    people = add_people(connection)
    connection.commit()
    writer, watcher = more_sessions(), more_sessions()

    with ThreadPoolExecutor(1) as threads:
        ensure(connection, "2064-02-01", "2064-02-01")
        waiting = threads.submit(engage, writer, people.fan, people.post, LEAP_DAY)
        wait_until_blocked(watcher, writer)
        connection.commit()
    with pytest.raises(psycopg.errors.CheckViolation, match="violates partition constraint"):
        waiting.result()
    writer.rollback()
    engage(writer, people.fan, people.post, LEAP_DAY)

    assert [place for place, _ in places(writer)] == ["user_engagement_2064_02"]
    assert unmatched_keys(writer) == []


def test_a_role_without_rights_cannot_make_partitions(trial: psycopg.Connection) -> None:
    trial.execute("SET ROLE sociallive_writer")

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="ensure_engagement_partitions"):
        ensure(trial, "2064-02-01", "2064-02-01")
