from datetime import date, datetime, timedelta

import psycopg
import pytest

from tests.fixtures.noted_days import forget, note, notes, today, yesterday
from tests.fixtures.platform_rows import People, rows

OLD = datetime(2024, 2, 29, 12)
OLDER = datetime(2023, 12, 31, 23, 59, 59, 999_999)
# One row of each table; %(at)s is when it was made.
INSERTS = {
    "users": "INSERT INTO users (username, email, password_hash, created_at)"
    " VALUES ('late', 'late@example.org', 'hash', %(at)s)",
    "posts": "INSERT INTO posts (user_id, content, created_at) VALUES (%(author)s, 'late', %(at)s)",
    "comments": "INSERT INTO comments (post_id, user_id, content, created_at)"
    " VALUES (%(post)s, %(fan)s, 'text', %(at)s)",
    "media_files": "INSERT INTO media_files (user_id, filename, storage_path, created_at)"
    " VALUES (%(author)s, 'a.png', '/a.png', %(at)s)",
    "user_followers": "INSERT INTO user_followers (follower_id, following_id, created_at)"
    " VALUES (%(fan)s, %(author)s, %(at)s)",
}
COUNTED = [
    ("posts", "user_id = (SELECT id FROM users WHERE username = 'fan')"),
    ("posts", "media_type = 'IMAGE'"),
    ("comments", "post_id = (SELECT id FROM posts WHERE content = 'text')"),
    ("comments", "user_id = (SELECT id FROM users WHERE username = 'author')"),
    ("media_files", "user_id = (SELECT id FROM users WHERE username = 'fan')"),
    ("media_files", "processing_status = 'COMPLETED'"),
    ("media_files", "file_size = 1"),
    ("user_followers", "follower_id = (SELECT id FROM users WHERE username = 'third')"),
    ("user_followers", "following_id = (SELECT id FROM users WHERE username = 'third')"),
]
UNCOUNTED = [
    ("users", "followers_count = 5, following_count = 6, posts_count = 7"),
    ("users", "bio = 'new', last_login_at = now(), deleted_at = now()"),
    ("posts", "likes_count = 5, comments_count = 6, shares_count = 7, engagement_score = 8"),
    ("posts", "visibility = 'PRIVATE', content = 'new', is_featured = TRUE, tags = '{a}'"),
    ("comments", "likes_count = 5, replies_count = 6, content = 'new', deleted_at = now()"),
    ("media_files", "cdn_url = 'x', metadata = '{}', updated_at = now()"),
]


def insert(connection: psycopg.Connection, people: People, table: str, at: datetime) -> None:
    connection.execute(INSERTS[table].encode(), {**people._asdict(), "at": at})


@pytest.fixture
def old_rows(trial: psycopg.Connection, people: People) -> People:
    """An old row of each table, whose notes have been read, and a third account of today."""
    trial.execute(
        "INSERT INTO users (username, email, password_hash)"
        " VALUES ('third', 'third@example.org', 'hash')"
    )
    for table in INSERTS:
        insert(trial, people, table, OLD)
    trial.execute("UPDATE comments SET post_id = (SELECT id FROM posts WHERE content = 'late')")
    forget(trial)
    return people


@pytest.mark.parametrize("table", INSERTS)
def test_a_row_of_today_leaves_no_note_and_one_of_yesterdays_last_moment_does(
    trial: psycopg.Connection, people: People, table: str
) -> None:
    trial.execute("SAVEPOINT before")
    insert(trial, people, table, today(trial))
    of_today = notes(trial)
    trial.execute("ROLLBACK TO before")
    insert(trial, people, table, today(trial) - timedelta(microseconds=1))

    assert of_today == []
    assert notes(trial) == [note(table, yesterday(trial), 1)]


@pytest.mark.parametrize(("table", "change"), COUNTED)
def test_a_column_that_numbers_depend_on_is_noted_without_a_fingerprint(
    trial: psycopg.Connection, old_rows: People, table: str, change: str
) -> None:
    trial.execute(f"UPDATE {table} SET {change} WHERE created_at = '{OLD}'".encode())

    assert notes(trial) == [note(table, OLD, -1), note(table, OLD, 1)]
    assert rows(trial, "SELECT DISTINCT fingerprint_delta FROM pipeline.day_changes") == [(None,)]


@pytest.mark.parametrize("table", INSERTS)
def test_a_row_whose_day_changes_is_noted_on_both_days(
    trial: psycopg.Connection, old_rows: People, table: str
) -> None:
    redate = f"UPDATE {table} SET created_at = '{OLDER}' WHERE created_at = '{OLD}'"

    trial.execute(redate.encode())

    assert [found for found in notes(trial) if found.rows] == [
        note(table, OLDER, 1),
        note(table, OLD, -1),
    ]


@pytest.mark.parametrize("moment", [OLDER, datetime(2024, 3, 5)])
def test_an_account_whose_day_changes_is_noted_on_every_day_between(
    trial: psycopg.Connection, old_rows: People, moment: datetime
) -> None:
    trial.execute("UPDATE users SET created_at = %s WHERE created_at = %s", [moment, OLD])

    first, last = sorted([OLD, moment])
    assert note("users", first, 0, last=last.date()) in notes(trial)


@pytest.mark.parametrize(("table", "change"), UNCOUNTED)
def test_a_column_that_no_number_depends_on_leaves_no_note(
    trial: psycopg.Connection, old_rows: People, table: str, change: str
) -> None:
    trial.execute(f"UPDATE {table} SET {change} WHERE created_at = '{OLD}'".encode())

    assert notes(trial) == []


@pytest.mark.parametrize("table", INSERTS)
def test_an_update_that_changes_nothing_leaves_no_note(
    trial: psycopg.Connection, old_rows: People, table: str
) -> None:
    trial.execute(f"UPDATE {table} SET created_at = created_at".encode())

    assert notes(trial) == []


@pytest.mark.parametrize("table", ["users", "comments", "media_files"])
def test_a_deleted_row_is_noted_on_its_day(
    trial: psycopg.Connection, old_rows: People, table: str
) -> None:
    trial.execute(f"DELETE FROM {table} WHERE created_at = '{OLD}'".encode())

    assert notes(trial) == [note(table, OLD, -1)]


@pytest.mark.parametrize("table", ["comments", "media_files"])
def test_a_truncated_table_is_noted_day_by_day(
    trial: psycopg.Connection, old_rows: People, table: str
) -> None:
    insert(trial, old_rows, table, OLDER)
    insert(trial, old_rows, table, OLDER)
    insert(trial, old_rows, table, today(trial))
    forget(trial)

    trial.execute(f"TRUNCATE {table} CASCADE".encode())

    assert notes(trial) == [note(table, OLDER, -2), note(table, OLD, -1)]


@pytest.mark.parametrize("table", INSERTS)
def test_rows_loaded_in_bulk_are_left_to_the_loader(
    trial: psycopg.Connection, people: People, table: str
) -> None:
    trial.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")

    insert(trial, people, table, OLD)

    assert notes(trial) == []


def test_an_account_that_goes_takes_the_days_of_its_rows_with_it(
    trial: psycopg.Connection, old_rows: People
) -> None:
    trial.execute("DELETE FROM users WHERE username IN ('author', 'fan')")

    gone = [note(table, OLD, -1) for table in ("comments", "media_files", "posts")]
    assert [found for found in notes(trial) if found.rows] == gone


def test_a_follow_that_is_deleted_goes_on_counting_and_leaves_no_note(
    trial: psycopg.Connection, old_rows: People
) -> None:
    trial.execute("DELETE FROM user_followers")

    assert rows(trial, "SELECT count(*) FROM pipeline.follow_deletions") == [(1,)]
    assert notes(trial) == []


def test_an_unfollow_that_reaches_the_audit_trail_late_is_noted_on_both_its_days(
    trial: psycopg.Connection, old_rows: People
) -> None:
    trial.execute("DELETE FROM user_followers")

    trial.execute("UPDATE audit_log SET timestamp = '2024-03-05'")

    assert set(notes(trial)) == {
        note("user_followers", OLD, 0),
        note("user_followers", date(2024, 3, 5), 0),
    }


@pytest.mark.parametrize("statement", ["DELETE FROM audit_log", "INSERT INTO audit_log ({}) {}"])
def test_an_old_entry_of_the_audit_trail_that_comes_or_goes_is_noted_on_both_its_days(
    trial: psycopg.Connection, old_rows: People, statement: str
) -> None:
    trial.execute("DELETE FROM user_followers")
    trial.execute("UPDATE audit_log SET timestamp = '2024-03-05'")
    forget(trial)
    columns = "table_name, operation, old_values, timestamp"

    trial.execute(statement.format(columns, f"SELECT {columns} FROM audit_log").encode())

    assert set(notes(trial)) == {
        note("user_followers", OLD, 0),
        note("user_followers", date(2024, 3, 5), 0),
    }


@pytest.mark.parametrize(
    ("change", "days"),
    [
        ("DELETE FROM audit_log", {OLD.date()}),
        (
            'UPDATE audit_log SET old_values = old_values || \'{"created_at": "2023-12-31"}\'',
            {OLD.date(), OLDER.date()},
        ),
        ("UPDATE audit_log SET table_name = 'something else'", {OLD.date()}),
        ("UPDATE audit_log SET operation = 'UPDATE'", {OLD.date()}),
        ("UPDATE audit_log SET user_id = gen_random_uuid(), new_values = '{}'", set()),
    ],
)
def test_an_entry_of_today_that_changes_is_noted_on_the_day_of_its_follow(
    trial: psycopg.Connection, old_rows: People, change: str, days: set[date]
) -> None:
    trial.execute("DELETE FROM user_followers")

    trial.execute(change.encode())

    assert set(notes(trial)) == {note("user_followers", day, 0) for day in days}


def test_an_entry_that_becomes_an_unfollow_is_noted_on_the_day_of_its_follow(
    trial: psycopg.Connection, old_rows: People
) -> None:
    trial.execute("DELETE FROM user_followers")
    trial.execute("UPDATE audit_log SET table_name = 'something else', old_values = '7'")
    forget(trial)

    trial.execute(
        "UPDATE audit_log SET table_name = 'user_followers',"
        ' old_values = \'{"created_at": "2024-02-29T12:00:00"}\''
    )

    assert notes(trial) == [note("user_followers", OLD, 0)]


def test_a_truncated_audit_trail_is_noted_from_its_first_follow(
    trial: psycopg.Connection, old_rows: People
) -> None:
    trial.execute("DELETE FROM user_followers")

    trial.execute("TRUNCATE audit_log")

    assert notes(trial) == [note("user_followers", OLD, 0, last=yesterday(trial))]


def test_old_entries_about_other_tables_are_no_unfollows(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(
        "INSERT INTO audit_log (table_name, operation, old_values, timestamp)"
        " VALUES ('users', 'DELETE', '{}', '2024-03-05')"
    )
    trial.execute("DELETE FROM audit_log")

    assert notes(trial) == []
