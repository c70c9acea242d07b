from datetime import datetime

import psycopg
import pytest

from tests.fixtures.platform_rows import scalar

LONG_AGO = datetime(2024, 1, 1)


@pytest.fixture
def old_rows(trial: psycopg.Connection) -> psycopg.Connection:
    """An account and its post, last changed long ago, and a column that the platform adds."""
    trial.execute(
        "WITH old AS (INSERT INTO users (username, email, password_hash, updated_at)"
        " VALUES ('old', 'old@example.org', 'hash', %(at)s) RETURNING id)"
        " INSERT INTO posts (user_id, content, updated_at) SELECT id, 'old', %(at)s FROM old",
        {"at": LONG_AGO},
    )
    trial.execute("ALTER TABLE posts ADD COLUMN title TEXT")
    return trial


@pytest.mark.parametrize(
    "change", ["content = 'new'", "likes_count = 1", "title = 'new'", "engagement_score = 5"]
)
def test_whatever_changes_a_post_dates_it(old_rows: psycopg.Connection, change: str) -> None:
    old_rows.execute(f"UPDATE posts SET {change} WHERE content = 'old'".encode())

    assert scalar(old_rows, "SELECT updated_at = now() AT TIME ZONE 'UTC' FROM posts")


def test_a_score_of_the_pipeline_does_not(old_rows: psycopg.Connection) -> None:
    old_rows.execute("SET LOCAL ROLE sociallive_writer")

    old_rows.execute("UPDATE posts SET engagement_score = 5 WHERE id IS NOT NULL")

    old_rows.execute("RESET ROLE")
    assert scalar(old_rows, "SELECT updated_at FROM posts") == LONG_AGO
