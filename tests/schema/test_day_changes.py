from datetime import datetime, timedelta

import psycopg
import pytest

from tests.fixtures.noted_days import (
    HASH,
    difference,
    engagement_sums,
    forget,
    note,
    noted_sums,
    notes,
    today,
    yesterday,
)
from tests.fixtures.platform_rows import People, add_post, engage, rows, scalar

TABLE = "user_engagement"
JANUARY = datetime(2024, 1, 15, 12)
LEAP_DAY = datetime(2024, 2, 29, 23, 59, 59, 999_999)
MORE_OF_JANUARY = (
    "INSERT INTO user_engagement_2024_01 (user_id, post_id, engagement_type, created_at)"
    " SELECT user_id, post_id, 'SAVE', created_at FROM user_engagement"
)
# One row with each type in turn; a hash of the type's OID would differ from server to server.
FIXED_HASH = (
    "SELECT pipeline.hash_engagement("
    "'00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002',"
    " '00000000-0000-4000-8000-000000000003', label, 1.50, '{\"source\": \"feed\"}',"
    " '2024-02-29 12:34:56.789') FROM unnest(enum_range(NULL::engagement_type_enum)) AS label"
)


@pytest.fixture
def old_like(trial: psycopg.Connection, people: People) -> People:
    """The fan's LIKE of January, whose note has been read."""
    engage(trial, people.fan, people.post, JANUARY)
    forget(trial)
    return people


def test_engagement_of_today_leaves_no_note(trial: psycopg.Connection, people: People) -> None:
    engage(trial, people.fan, people.post, today(trial))
    trial.execute("SELECT record_engagement(%s, %s, 'SAVE')", [people.fan, people.post])
    trial.execute("UPDATE user_engagement SET value = 2")
    trial.execute("DELETE FROM user_engagement")

    assert notes(trial) == []


def test_engagement_of_the_last_moment_of_yesterday_is_noted(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, today(trial) - timedelta(microseconds=1))

    assert notes(trial) == [note(TABLE, yesterday(trial), 1)]


def test_a_late_row_is_noted_with_its_hash(trial: psycopg.Connection, people: People) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    hashed = scalar(trial, f"SELECT {HASH} FROM user_engagement")
    assert noted_sums(trial) == {JANUARY.date(): (1, hashed)}


def test_a_deleted_row_is_noted_with_its_hash(trial: psycopg.Connection, old_like: People) -> None:
    hashed = scalar(trial, f"SELECT -({HASH}::numeric) FROM user_engagement")

    trial.execute("DELETE FROM user_engagement")

    assert noted_sums(trial) == {JANUARY.date(): (-1, hashed)}


def test_a_late_row_that_is_deleted_again_adds_up_to_nothing(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)
    trial.execute("DELETE FROM user_engagement")

    assert len(notes(trial)) == 2
    assert noted_sums(trial) == {}


@pytest.mark.parametrize(
    "change",
    [
        "id = gen_random_uuid()",
        "user_id = (SELECT id FROM users WHERE username = 'author')",
        "post_id = (SELECT id FROM posts WHERE content = 'another')",
        "engagement_type = 'SAVE'",
        "value = 2",
        """metadata = '{"source": "profile"}'""",
        "created_at = created_at + INTERVAL '1 microsecond'",
    ],
)
def test_a_changed_column_changes_the_hash_of_its_day_and_not_its_rows(
    trial: psycopg.Connection, old_like: People, change: str
) -> None:
    other = add_post(trial, old_like.author)
    trial.execute("UPDATE posts SET content = 'another' WHERE id = %s", [other])

    trial.execute(f"UPDATE user_engagement SET {change}".encode())

    ((day, (change_of_rows, change_of_hash)),) = noted_sums(trial).items()
    assert (day, change_of_rows) == (JANUARY.date(), 0)
    assert change_of_hash != 0


@pytest.mark.parametrize(
    "change", ["value = NULL", "value = 1", 'metadata = \'{"device": "phone"}\'', "id = id"]
)
def test_a_change_that_no_number_depends_on_adds_up_to_nothing(
    trial: psycopg.Connection, old_like: People, change: str
) -> None:
    trial.execute(f"UPDATE user_engagement SET {change}".encode())

    assert noted_sums(trial) == {}


@pytest.mark.parametrize("target", [JANUARY - timedelta(days=1), LEAP_DAY, datetime(1999, 12, 31)])
def test_a_row_that_changes_its_day_leaves_one_and_joins_the_other(
    trial: psycopg.Connection, old_like: People, target: datetime
) -> None:
    before = engagement_sums(trial)

    trial.execute("UPDATE user_engagement SET created_at = %s", [target])

    assert noted_sums(trial) == difference(before, engagement_sums(trial))
    assert set(noted_sums(trial)) == {JANUARY.date(), target.date()}


def test_a_row_that_leaves_today_for_the_past_is_noted_there_only(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, today(trial))

    for days in (1, 40):
        trial.execute("UPDATE user_engagement SET created_at = now()")
        forget(trial)
        target = today(trial) - timedelta(days=days)
        trial.execute("UPDATE user_engagement SET created_at = %s", [target])

        assert notes(trial) == [note(TABLE, target, 1)]


def test_a_row_that_leaves_the_past_for_today_is_noted_there_only(
    trial: psycopg.Connection, old_like: People
) -> None:
    trial.execute("UPDATE user_engagement SET created_at = now()")

    assert notes(trial) == [note(TABLE, JANUARY, -1)]


def test_what_is_rolled_back_leaves_no_note(trial: psycopg.Connection, old_like: People) -> None:
    trial.execute("SAVEPOINT before")
    trial.execute("DELETE FROM user_engagement")
    trial.execute("ROLLBACK TO before")

    assert notes(trial) == []


def test_rows_loaded_in_bulk_are_left_to_the_loader_and_later_changes_are_not(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")
    engage(trial, people.fan, people.post, JANUARY)
    loaded = notes(trial)
    trial.execute("DELETE FROM user_engagement")

    assert loaded == []
    assert notes(trial) == [note(TABLE, JANUARY, -1)]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM user_engagement_2024_01",
        "UPDATE user_engagement_2024_01 SET value = 3",
        "TRUNCATE user_engagement_2024_01",
        MORE_OF_JANUARY,
    ],
)
def test_a_write_that_names_a_partition_is_noted(
    trial: psycopg.Connection, old_like: People, statement: str
) -> None:
    before = engagement_sums(trial)

    trial.execute(statement.encode())

    assert noted_sums(trial) == difference(before, engagement_sums(trial)) != {}


def test_a_role_without_rights_to_the_notes_can_write_engagement_and_is_noted(
    trial: psycopg.Connection, old_like: People
) -> None:
    trial.execute("CREATE ROLE platform_app")
    trial.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON user_engagement TO platform_app")
    trial.execute("SET LOCAL ROLE platform_app")

    engage(trial, old_like.fan, old_like.post, LEAP_DAY, kind="SAVE")
    trial.execute("UPDATE user_engagement SET value = 2")
    trial.execute("DELETE FROM user_engagement WHERE engagement_type = 'LIKE'")

    with pytest.raises(psycopg.errors.InsufficientPrivilege), trial.transaction():
        trial.execute("SELECT * FROM pipeline.day_changes")
    trial.execute("RESET ROLE")
    assert {found.first for found in notes(trial)} == {JANUARY.date(), LEAP_DAY.date()}


def test_names_on_the_writers_search_path_are_not_mistaken_for_ours(
    trial: psycopg.Connection, old_like: People
) -> None:
    trial.execute("CREATE SCHEMA hostile")
    trial.execute(
        "CREATE FUNCTION hostile.date_trunc(TEXT, TIMESTAMP) RETURNS TIMESTAMP LANGUAGE sql"
        " RETURN '-infinity'::timestamp"
    )
    trial.execute("SET LOCAL search_path = hostile, public, pg_catalog")

    trial.execute("DELETE FROM user_engagement")

    assert notes(trial) == [note(TABLE, JANUARY, -1)]


def test_the_hash_of_a_row_is_the_same_in_every_database(trial: psycopg.Connection) -> None:
    hashes = [found for (found,) in rows(trial, FIXED_HASH)]

    assert hashes == [
        -7_347_208_423_490_551_144,
        -3_015_618_377_378_903_939,
        3_287_317_534_667_146_711,
        8_375_221_821_663_555_834,
        7_181_233_779_435_576_739,
        3_883_950_849_933_727_001,
    ]


def test_the_reader_may_hash_and_sum_up_notes_and_change_none(
    trial: psycopg.Connection, old_like: People
) -> None:
    trial.execute("DELETE FROM user_engagement")
    trial.execute("SET LOCAL ROLE sociallive_reader")

    assert set(noted_sums(trial)) == {JANUARY.date()}
    assert scalar(trial, FIXED_HASH + " LIMIT 1") is not None
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        forget(trial)
