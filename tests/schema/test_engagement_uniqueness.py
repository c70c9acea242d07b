from datetime import datetime
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.platform_rows import (
    People,
    add_post,
    engage,
    scalar,
    unmatched_keys,
)

KEY = "user_engagement_user_id_post_id_engagement_type_key"
JANUARY = datetime(2024, 1, 15)
LEAP_DAY = JANUARY.replace(month=2, day=29)
OUT_OF_RANGE = JANUARY.replace(year=1999)
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "archive.md"
FREE_KEYS = GUIDE.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]


def count_keys(connection: psycopg.Connection) -> object:
    return scalar(connection, "SELECT count(*) FROM user_engagement_keys")


@pytest.mark.parametrize("second", [JANUARY, LEAP_DAY, OUT_OF_RANGE])
def test_the_same_key_is_refused_in_whatever_month(
    trial: psycopg.Connection, people: People, second: datetime
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
        engage(trial, people.fan, people.post, second)

    assert refusal.value.sqlstate == "23505"
    assert refusal.value.diag.constraint_name == KEY
    assert f'unique constraint "{KEY}"' in str(refusal.value)


def test_another_type_another_user_and_another_post_are_other_keys(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    engage(trial, people.fan, people.post, LEAP_DAY, kind="SAVE")
    engage(trial, people.author, people.post, LEAP_DAY)
    engage(trial, people.fan, add_post(trial, people.author), LEAP_DAY)

    assert count_keys(trial) == 4
    assert unmatched_keys(trial) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("user_engagement_2024_01", "user_engagement"),
        ("user_engagement", "user_engagement_2024_01"),
        ("user_engagement_2024_01", "user_engagement_2024_01"),
    ],
)
def test_rows_written_straight_into_a_partition_count(
    trial: psycopg.Connection, people: People, first: str, second: str
) -> None:
    engage(trial, people.fan, people.post, JANUARY, table=first)

    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, people.fan, people.post, JANUARY, table=second)


def test_copied_rows_count(trial: psycopg.Connection, people: People) -> None:
    copy = "COPY user_engagement (user_id, post_id, engagement_type, created_at) FROM STDIN"

    def copy_twice() -> None:
        with trial.cursor().copy(copy) as stream:
            stream.write_row((people.fan, people.post, "LIKE", JANUARY))
            stream.write_row((people.fan, people.post, "LIKE", LEAP_DAY))

    with pytest.raises(psycopg.errors.UniqueViolation):
        copy_twice()


def test_on_conflict_do_nothing_does_not_hide_a_duplicate(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    with pytest.raises(psycopg.errors.UniqueViolation):
        trial.execute(
            "INSERT INTO user_engagement (user_id, post_id, engagement_type)"
            " VALUES (%s, %s, 'LIKE') ON CONFLICT DO NOTHING",
            [people.fan, people.post],
        )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM user_engagement",
        "DELETE FROM user_engagement_2024_01",
        "DELETE FROM posts",
        "DELETE FROM users WHERE username = 'fan'",
        "DELETE FROM users",
        "TRUNCATE user_engagement",
        "TRUNCATE user_engagement_2024_01",
        "TRUNCATE posts CASCADE",
    ],
)
def test_a_row_that_goes_frees_its_key(
    trial: psycopg.Connection, people: People, statement: str
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    trial.execute(statement.encode())

    assert count_keys(trial) == 0


def test_truncating_one_month_frees_no_key_of_another(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)
    engage(trial, people.author, people.post, LEAP_DAY)

    trial.execute("TRUNCATE user_engagement_2024_01")

    assert count_keys(trial) == 1
    assert unmatched_keys(trial) == []


def test_a_changed_key_moves_with_its_row(trial: psycopg.Connection, people: People) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    trial.execute("UPDATE user_engagement SET engagement_type = 'SAVE'")

    assert unmatched_keys(trial) == []
    engage(trial, people.fan, people.post, LEAP_DAY)


def test_a_key_cannot_be_changed_into_one_that_is_taken(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)
    engage(trial, people.fan, people.post, LEAP_DAY, kind="SAVE")

    with pytest.raises(psycopg.errors.UniqueViolation) as refusal:
        trial.execute("UPDATE user_engagement SET engagement_type = 'LIKE'")

    assert refusal.value.diag.constraint_name == KEY


def test_a_row_that_changes_its_month_keeps_its_key(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)

    trial.execute("UPDATE user_engagement SET created_at = %s", [LEAP_DAY])

    assert scalar(trial, "SELECT tableoid::regclass::text FROM user_engagement") == (
        "user_engagement_2024_02"
    )
    assert count_keys(trial) == 1
    assert unmatched_keys(trial) == []


def test_a_rolled_back_row_leaves_no_key(trial: psycopg.Connection, people: People) -> None:
    trial.execute("SAVEPOINT before")
    engage(trial, people.fan, people.post, JANUARY)
    trial.execute("ROLLBACK TO before")

    engage(trial, people.fan, people.post, JANUARY)

    assert count_keys(trial) == 1


def test_a_role_that_may_only_insert_engagement_needs_no_right_to_the_keys(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("CREATE ROLE platform_app")
    trial.execute("GRANT USAGE ON SCHEMA public TO platform_app")
    trial.execute("GRANT SELECT, INSERT, DELETE ON user_engagement TO platform_app")
    trial.execute("SET LOCAL ROLE platform_app")

    engage(trial, people.fan, people.post, JANUARY)
    trial.execute("DELETE FROM user_engagement")
    engage(trial, people.fan, people.post, LEAP_DAY)

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="user_engagement_keys"):
        trial.execute("DELETE FROM user_engagement_keys")


def test_a_temporary_table_does_not_stand_in_for_the_keys(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("CREATE TEMP TABLE user_engagement_keys (LIKE public.user_engagement_keys)")
    engage(trial, people.fan, people.post, JANUARY)

    with pytest.raises(psycopg.errors.UniqueViolation):
        engage(trial, people.fan, people.post, LEAP_DAY)


@pytest.mark.parametrize("statement", ["TRUNCATE {month}", "DROP TABLE {month}"])
def test_keys_that_a_partition_made_by_hand_has_left_are_freed_as_the_page_says(
    trial: psycopg.Connection, people: People, statement: str
) -> None:
    engage(trial, people.author, people.post, JANUARY)
    trial.execute(
        "CREATE TABLE by_hand PARTITION OF user_engagement "
        "FOR VALUES FROM ('2064-02-01') TO ('2064-03-01')"
    )
    engage(trial, people.fan, people.post, LEAP_DAY.replace(year=2064))
    trial.execute(statement.format(month="by_hand").encode())
    with pytest.raises(psycopg.errors.UniqueViolation), trial.transaction():
        engage(trial, people.fan, people.post, JANUARY)

    trial.execute(FREE_KEYS.encode())

    assert unmatched_keys(trial) == []
    engage(trial, people.fan, people.post, JANUARY)


def test_keys_of_months_in_the_cold_store_are_not_freed(
    trial: psycopg.Connection, people: People
) -> None:
    engage(trial, people.fan, people.post, JANUARY)
    trial.execute("DROP TABLE user_engagement_2024_01")
    trial.execute(
        "INSERT INTO pipeline.cold_months (month, row_count, fingerprint, manifest_sha256) "
        "VALUES ('2024-01-01', 1, 0, repeat('0', 64))"
    )

    trial.execute(FREE_KEYS.encode())

    assert scalar(trial, "SELECT count(*) FROM user_engagement_keys") == 1
