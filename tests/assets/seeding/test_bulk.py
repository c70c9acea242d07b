from datetime import datetime, timedelta

import polars as pl
import psycopg
import pytest

from assets.seeding.bulk import bulk_inserts, note_bulk_days
from tests.fixtures.platform_rows import add_post, add_user

FIRST, LAST = datetime(2024, 2, 28, 23, 59, 59), datetime(2024, 3, 1, 0, 0, 1)
USERS = """
INSERT INTO users (email, username, password_hash, created_at)
VALUES ('a@users.invalid', 'a', '!', %s), ('b@users.invalid', 'b', '!', %s)
"""


def notes(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT table_name, days::text, row_delta, fingerprint_delta FROM pipeline.day_changes"
    ).fetchall()


def test_a_bulk_load_notes_its_days_once(connection: psycopg.Connection) -> None:
    rows = pl.DataFrame({"created_at": [LAST, FIRST]})

    with bulk_inserts(connection):
        connection.execute(USERS, [FIRST, LAST])
        note_bulk_days(connection, "users", rows)

    assert notes(connection) == [("users", "{[2024-02-28,2024-03-02)}", 0, None)]


def test_a_bulk_load_of_deleted_posts_notes_the_days_of_their_deletion(
    connection: psycopg.Connection,
) -> None:
    author = add_user(connection, "author")
    post = add_post(connection, author, age="0 hours")
    connection.execute("DELETE FROM posts")
    connection.execute("UPDATE pipeline.post_deletions SET deleted_at = '2024-02-28 12:00+00'")

    with bulk_inserts(connection):
        row = "INSERT INTO posts (id, user_id, content, created_at) VALUES (%s, %s, '', %s)"
        connection.execute(row, [post, author, datetime(2024, 2, 1)])

    assert notes(connection) == [("posts", "{[2024-02-28,2024-02-29)}", 0, None)]


def test_after_a_bulk_load_late_rows_are_noted_one_by_one_again(
    connection: psycopg.Connection,
) -> None:
    with bulk_inserts(connection):
        note_bulk_days(connection, "users", pl.DataFrame({"created_at": [FIRST]}).clear())
    connection.commit()

    connection.execute(USERS, [FIRST, LAST])

    assert len(notes(connection)) == 2


@pytest.mark.parametrize(
    ("table", "days"),
    [
        ("user_sessions", "{[2024-02-28,2024-03-02)}"),
        ("comments", "{[2024-02-28,2024-02-29)}"),
        ("feed_items", None),
    ],
)
def test_a_session_counts_until_it_expires_and_a_feed_item_never(
    connection: psycopg.Connection, table: str, days: str | None
) -> None:
    rows = pl.DataFrame({"created_at": [FIRST], "expires_at": [LAST]})

    with bulk_inserts(connection):
        note_bulk_days(connection, table, rows)

    assert [span for _, span, _, _ in notes(connection)] == ([days] if days else [])


def test_a_case_counts_until_yesterday(connection: psycopg.Connection) -> None:
    with bulk_inserts(connection):
        note_bulk_days(connection, "content_moderation", pl.DataFrame({"created_at": [FIRST]}))

    [(_, days, _, _)] = notes(connection)
    [(today,)] = connection.execute(
        "SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date"
    ).fetchall()
    assert days == f"{{[2024-02-28,{today})}}"
    assert today > FIRST.date() + timedelta(days=1)
