from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from tests.fixtures.platform_rows import People, add_user, follow, rows, scalar

ENTRIES = "SELECT old_values->>'id' FROM audit_log ORDER BY 1"
FOLLOWED_AT = datetime(2024, 2, 29, 23, 59, 59, 999_999)


@pytest.fixture
def follows(trial: psycopg.Connection, people: People) -> list[UUID]:
    """The fan and another follow the author, who follows the fan."""
    another = add_user(trial, "another")
    pairs = [
        (people.fan, people.author),
        (another, people.author),
        (people.author, people.fan),
    ]
    return [follow(trial, follower, following) for follower, following in pairs]


def recorded(connection: psycopg.Connection) -> list[str]:
    return [str(entry) for (entry,) in rows(connection, ENTRIES)]


def test_a_deleted_follow_leaves_who_whom_and_when(
    trial: psycopg.Connection, people: People, follows: list[UUID]
) -> None:
    trial.execute("UPDATE user_followers SET created_at = %s", [FOLLOWED_AT])

    trial.execute("DELETE FROM user_followers WHERE id = %s", [follows[0]])

    assert rows(
        trial,
        "SELECT table_name, operation, old_values, new_values, user_id, "
        " timestamp = now()::timestamp FROM audit_log",
    ) == [
        (
            "user_followers",
            "DELETE",
            {
                "id": str(follows[0]),
                "follower_id": str(people.fan),
                "following_id": str(people.author),
                "created_at": "2024-02-29T23:59:59.999999",
            },
            None,
            None,
            True,
        )
    ]


def test_every_follow_of_a_statement_is_recorded_once(
    trial: psycopg.Connection, follows: list[UUID]
) -> None:
    trial.execute("DELETE FROM user_followers")

    assert recorded(trial) == sorted(map(str, follows))


@pytest.mark.parametrize("statement", ["DELETE FROM user_followers", "TRUNCATE user_followers"])
def test_a_deleted_follow_is_dated_in_utc_by_a_session_of_another_time_zone(
    trial: psycopg.Connection, follows: list[UUID], statement: str
) -> None:
    trial.execute("SET LOCAL TimeZone = 'Asia/Tokyo'")

    trial.execute(statement.encode())

    assert rows(trial, "SELECT DISTINCT timestamp = now() AT TIME ZONE 'UTC' FROM audit_log") == [
        (True,)
    ]
    assert scalar(trial, "SHOW TimeZone") == "Asia/Tokyo"


@pytest.mark.parametrize(
    "statement",
    ["TRUNCATE user_followers", "TRUNCATE users CASCADE", "DELETE FROM users"],
)
def test_follows_that_go_with_everything_are_recorded(
    trial: psycopg.Connection, follows: list[UUID], statement: str
) -> None:
    trial.execute(statement.encode())

    assert recorded(trial) == sorted(map(str, follows))
    assert scalar(trial, "SELECT count(*) FROM user_followers") == 0


def test_a_user_that_goes_takes_follows_of_both_directions_along_and_all_are_recorded(
    trial: psycopg.Connection, people: People, follows: list[UUID]
) -> None:
    trial.execute("DELETE FROM users WHERE id = %s", [people.fan])

    assert recorded(trial) == sorted([str(follows[0]), str(follows[2])])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM user_followers WHERE FALSE",
        "UPDATE user_followers SET created_at = created_at",
        "UPDATE users SET bio = 'new'",
    ],
)
def test_nothing_is_recorded_where_no_follow_went(
    trial: psycopg.Connection, follows: list[UUID], statement: str
) -> None:
    trial.execute(statement.encode())

    assert recorded(trial) == []


def test_a_deletion_that_is_rolled_back_leaves_no_entry(
    trial: psycopg.Connection, follows: list[UUID]
) -> None:
    trial.execute("SAVEPOINT before")
    trial.execute("DELETE FROM user_followers")
    trial.execute("ROLLBACK TO before")

    assert recorded(trial) == []


def test_who_did_it_is_recorded_where_the_platform_says(
    trial: psycopg.Connection, people: People, follows: list[UUID]
) -> None:
    trial.execute("SELECT set_config('app.current_user_id', %s, TRUE)", [str(people.fan)])

    trial.execute("DELETE FROM user_followers WHERE id = %s", [follows[0]])

    assert scalar(trial, "SELECT user_id FROM audit_log") == people.fan


@pytest.mark.parametrize("statement", ["DELETE FROM user_followers", "TRUNCATE user_followers"])
def test_a_column_that_nobody_listed_is_not_copied_into_the_log(
    trial: psycopg.Connection, follows: list[UUID], statement: str
) -> None:
    trial.execute("ALTER TABLE user_followers ADD COLUMN note TEXT DEFAULT 'private'")

    trial.execute(statement.encode())

    keys = "SELECT DISTINCT jsonb_object_keys(old_values) FROM audit_log ORDER BY 1"
    assert rows(trial, keys) == [("created_at",), ("follower_id",), ("following_id",), ("id",)]


@pytest.mark.parametrize(
    ("right", "statement"),
    [("DELETE", "DELETE FROM user_followers"), ("TRUNCATE", "TRUNCATE user_followers")],
)
def test_a_role_that_may_only_delete_follows_is_recorded_and_cannot_see_the_log(
    trial: psycopg.Connection, follows: list[UUID], right: str, statement: str
) -> None:
    trial.execute("CREATE ROLE platform_app")
    trial.execute(f"GRANT {right} ON user_followers TO platform_app".encode())
    # For the specification's counter triggers, which run with the rights of whoever deletes.
    trial.execute("GRANT SELECT, UPDATE ON users TO platform_app")
    trial.execute("SET LOCAL ROLE platform_app")

    trial.execute(statement.encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege), trial.transaction():
        trial.execute("SELECT * FROM audit_log")
    trial.execute("RESET ROLE")
    assert len(recorded(trial)) == 3


def test_the_reader_sees_deleted_follows_and_nothing_else_of_the_log(
    trial: psycopg.Connection, people: People, follows: list[UUID]
) -> None:
    trial.execute("UPDATE user_followers SET created_at = %s", [FOLLOWED_AT])
    trial.execute("DELETE FROM user_followers WHERE id = %s", [follows[0]])
    trial.execute(
        "INSERT INTO audit_log (table_name, operation, old_values)"
        " VALUES ('users', 'DELETE', '{\"email\": \"x@example.org\"}')"
    )
    trial.execute("SET LOCAL ROLE sociallive_reader")

    seen = rows(
        trial, "SELECT follower_id, following_id, followed_at FROM pipeline.follow_deletions"
    )

    assert seen == [(people.fan, people.author, FOLLOWED_AT)]


def test_cached_counts_follow(
    trial: psycopg.Connection, people: People, follows: list[UUID]
) -> None:
    counts = "SELECT followers_count, following_count FROM users WHERE id = %(id)s"
    before = rows(trial, counts, id=people.author)

    trial.execute("DELETE FROM user_followers WHERE id = %s", [follows[0]])

    assert before == [(2, 1)]
    assert rows(trial, counts, id=people.author) == [(1, 1)]
    assert rows(trial, counts, id=people.fan) == [(1, 0)]
