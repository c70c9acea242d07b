from datetime import datetime

import psycopg
import pytest

from schema.privacy import PRIVATE_TABLES, REPORTER_BOOKS, REPORTER_COLUMNS
from tests.fixtures.grants import Columns, all_columns, granted
from tests.fixtures.platform_rows import People, engage, rows

REPORTER = "sociallive_reporter"


@pytest.fixture
def as_reporter(trial: psycopg.Connection, people: People) -> psycopg.Connection:
    engage(trial, people.fan, people.post, datetime(2024, 1, 15))
    trial.execute(f"SET LOCAL ROLE {REPORTER}".encode())
    return trial


def pairs(listed: dict[str, frozenset[str]]) -> Columns:
    return {(table, column) for table, columns in listed.items() for column in columns}


@pytest.mark.parametrize(
    ("schema", "listed"), [("public", REPORTER_COLUMNS), ("pipeline", REPORTER_BOOKS)]
)
def test_the_reporter_sees_the_listed_columns_and_no_other(
    trial: psycopg.Connection, schema: str, listed: dict[str, frozenset[str]]
) -> None:
    assert pairs(listed) <= all_columns(trial, schema)
    assert granted(trial, REPORTER, "SELECT", schema) == pairs(listed)


def test_the_reporter_sees_nothing_that_identifies_anybody_but_names_and_posts() -> None:
    telling = ("email", "password", "token", "address", "agent", "device", "bio", "full_name")
    columns = {column for columns in REPORTER_COLUMNS.values() for column in columns}

    assert not [name for name in columns if any(word in name for word in telling)]
    assert not PRIVATE_TABLES & set(REPORTER_COLUMNS)


@pytest.mark.parametrize("privilege", ["INSERT", "UPDATE", "REFERENCES"])
@pytest.mark.parametrize("schema", ["public", "pipeline"])
def test_the_reporter_writes_nothing(
    trial: psycopg.Connection, privilege: str, schema: str
) -> None:
    assert granted(trial, REPORTER, privilege, schema) == set()


def test_the_reporter_calls_no_function_of_ours(trial: psycopg.Connection) -> None:
    callable_ones = rows(
        trial,
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace IN"
        " ('public'::regnamespace, 'pipeline'::regnamespace)"
        " AND has_function_privilege(%(role)s, oid, 'EXECUTE')",
        role=REPORTER,
    )

    assert callable_ones == []


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT email FROM users",
        "SELECT * FROM users",
        "SELECT id FROM users ORDER BY password_hash",
        "SELECT to_jsonb(p) FROM posts AS p",
        "SELECT user_id FROM user_engagement",
        "SELECT content FROM comments",
        "SELECT follower_id FROM user_followers",
        "SELECT run_id FROM pipeline.restatements",
        "SELECT id FROM popular_posts",
        "UPDATE posts SET content = 'mine'",
        "DELETE FROM user_analytics",
        "CREATE TABLE mine (id INT)",
    ],
)
def test_the_reporter_cannot_get_at_more(as_reporter: psycopg.Connection, trick: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_reporter.execute(trick.encode())
