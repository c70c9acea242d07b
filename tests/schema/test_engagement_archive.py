from datetime import datetime

import psycopg
import pytest

from tests.fixtures.platform_rows import People, add_post, engage, rows, scalar, unmatched_keys

JANUARY = datetime(2024, 1, 15)
LEAP_DAY = datetime(2024, 2, 29)
LONG_AGO = datetime(1, 1, 1)
MONTH = "PARTITION user_engagement_2024_01"
BOUNDS = "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"


@pytest.fixture
def archived(trial: psycopg.Connection, people: People) -> People:
    """The fan's LIKE of January, in the archive with its whole month."""
    engage(trial, people.fan, people.post, JANUARY)
    change_parent(trial, "user_engagement", "user_engagement_archive")
    return people


def change_parent(connection: psycopg.Connection, source: str, target: str) -> None:
    connection.execute(f"ALTER TABLE {source} DETACH {MONTH}".encode())
    connection.execute(f"ALTER TABLE {target} ATTACH {MONTH} {BOUNDS}".encode())


def count(connection: psycopg.Connection, table: str) -> object:
    return scalar(connection, f"SELECT count(*) FROM {table}")


def test_a_month_that_changes_parent_keeps_its_rows_and_keys(
    trial: psycopg.Connection, archived: People
) -> None:
    assert count(trial, "user_engagement") == 0
    assert count(trial, "user_engagement_archive") == 1
    assert unmatched_keys(trial) == []


def test_an_archived_key_is_still_taken(trial: psycopg.Connection, archived: People) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, archived.fan, archived.post, LEAP_DAY)


def test_an_archived_key_is_known_to_record_engagement(
    trial: psycopg.Connection, archived: People
) -> None:
    record = "SELECT record_engagement(%(who)s, %(post)s, 'LIKE')"

    assert scalar(trial, record, who=archived.fan, post=archived.post) is None


def test_a_month_that_comes_back_is_bound_as_before(
    trial: psycopg.Connection, archived: People
) -> None:
    change_parent(trial, "user_engagement_archive", "user_engagement")

    with pytest.raises(psycopg.errors.UniqueViolation), trial.transaction():
        engage(trial, archived.fan, archived.post, JANUARY)
    engage(trial, archived.author, archived.post, JANUARY)
    trial.execute("DELETE FROM user_engagement WHERE user_id = %s", [archived.fan])
    assert count(trial, "user_engagement_archive") == 0
    assert unmatched_keys(trial) == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM user_engagement_archive",
        "DELETE FROM posts",
        "DELETE FROM users WHERE username = 'fan'",
        "TRUNCATE user_engagement_archive",
        "TRUNCATE posts CASCADE",
    ],
)
def test_an_archived_row_that_is_erased_frees_its_key(
    trial: psycopg.Connection, archived: People, statement: str
) -> None:
    trial.execute(statement.encode())

    assert count(trial, "user_engagement_archive") == 0
    assert count(trial, "user_engagement_keys") == 0


def test_an_archived_row_that_goes_over_to_somebody_else_takes_their_key_and_frees_the_old_one(
    trial: psycopg.Connection, archived: People
) -> None:
    trial.execute("UPDATE user_engagement_archive SET user_id = %s", [archived.author])

    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation), trial.transaction():
        engage(trial, archived.author, archived.post, LEAP_DAY)
    engage(trial, archived.fan, archived.post, LEAP_DAY)


def test_an_archived_row_does_not_take_a_key_that_another_row_holds(
    trial: psycopg.Connection, archived: People
) -> None:
    engage(trial, archived.author, archived.post, LEAP_DAY)

    with pytest.raises(psycopg.errors.UniqueViolation):
        trial.execute("UPDATE user_engagement_archive SET user_id = %s", [archived.author])


def test_an_archived_row_that_is_dated_into_another_part_keeps_its_key(
    trial: psycopg.Connection, archived: People
) -> None:
    trial.execute(
        "CREATE TABLE older PARTITION OF user_engagement_archive"
        " FOR VALUES FROM ('2023-12-01') TO ('2024-01-01')"
    )

    trial.execute("UPDATE user_engagement_archive SET created_at = '2023-12-24'")

    assert count(trial, "older") == 1
    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, archived.fan, archived.post, LEAP_DAY)


def test_a_row_written_into_the_archive_takes_its_key(
    trial: psycopg.Connection, archived: People
) -> None:
    engage(trial, archived.author, archived.post, JANUARY, table="user_engagement_archive")

    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, archived.author, archived.post, LEAP_DAY)


def test_rows_that_are_copied_and_then_deleted_as_specified_keep_their_keys(
    trial: psycopg.Connection, archived: People
) -> None:
    engage(trial, archived.author, archived.post, JANUARY)

    trial.execute("INSERT INTO user_engagement_archive SELECT * FROM user_engagement")
    trial.execute("DELETE FROM user_engagement")

    assert count(trial, "user_engagement_archive") == 2
    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, archived.author, archived.post, LEAP_DAY)


def test_rows_moved_one_by_one_keep_their_keys(trial: psycopg.Connection, archived: People) -> None:
    post = add_post(trial, archived.author)
    engage(trial, archived.fan, post, JANUARY.replace(day=31))
    assert rows(trial, "SELECT tableoid::regclass::text FROM user_engagement") == [
        ("user_engagement_default",)
    ]

    trial.execute("SET LOCAL sociallive.moving_engagement = 'on'")
    trial.execute(
        "WITH moved AS (DELETE FROM user_engagement RETURNING *)"
        " INSERT INTO user_engagement_archive SELECT * FROM moved"
    )
    trial.execute("SET LOCAL sociallive.moving_engagement = ''")

    assert count(trial, "user_engagement_archive") == 2
    assert unmatched_keys(trial) == []
    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, archived.fan, post, LEAP_DAY)


def test_an_archived_month_is_not_made_again(trial: psycopg.Connection, archived: People) -> None:
    made = rows(trial, "SELECT ensure_engagement_partitions('2024-01-01', '2024-01-31')")

    assert made == []


def test_a_late_row_of_an_archived_month_is_not_lost(
    trial: psycopg.Connection, archived: People
) -> None:
    engage(trial, archived.author, archived.post, JANUARY)

    assert count(trial, "user_engagement_default") == 1


def test_the_archive_takes_a_row_without_a_month_and_erases_it_with_its_post(
    trial: psycopg.Connection, archived: People
) -> None:
    engage(trial, archived.author, archived.post, LEAP_DAY, table="user_engagement_archive")

    assert ("user_engagement_archive_default",) in rows(
        trial, "SELECT tableoid::regclass::text FROM user_engagement_archive"
    )
    trial.execute("DELETE FROM posts")
    assert count(trial, "user_engagement_archive") == 0
    assert count(trial, "user_engagement_keys") == 0


def test_the_archive_of_the_specification_moves_old_rows_of_every_month_and_may_be_repeated(
    trial: psycopg.Connection, people: People
) -> None:
    moments = [JANUARY, LEAP_DAY, datetime(1999, 12, 31), LONG_AGO]
    for moment in moments:
        engage(trial, people.fan, add_post(trial, people.author), moment)
    trial.execute(
        "INSERT INTO user_engagement (user_id, post_id, engagement_type) VALUES (%s, %s, 'LIKE')",
        [people.fan, people.post],
    )

    for _ in range(2):
        trial.execute(
            "INSERT INTO user_engagement_archive SELECT * FROM user_engagement"
            " WHERE created_at < CURRENT_TIMESTAMP - INTERVAL '1 year'"
        )
        trial.execute(
            "DELETE FROM user_engagement WHERE created_at < CURRENT_TIMESTAMP - INTERVAL '1 year'"
        )

    assert rows(trial, "SELECT created_at FROM user_engagement_archive ORDER BY 1 DESC") == [
        (LEAP_DAY,),
        (JANUARY,),
        (datetime(1999, 12, 31),),
        (LONG_AGO,),
    ]
    assert count(trial, "user_engagement") == 1
    assert unmatched_keys(trial) == []


def test_one_view_has_live_and_archived_rows(trial: psycopg.Connection, archived: People) -> None:
    engage(trial, archived.author, archived.post, LEAP_DAY)

    everything = rows(trial, "SELECT user_id, created_at FROM user_engagement_all ORDER BY 2")

    assert everything == [(archived.fan, JANUARY), (archived.author, LEAP_DAY)]
