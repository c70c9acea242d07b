from datetime import date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from tests.fixtures.noted_days import Note, forget, note, notes, today, yesterday
from tests.fixtures.platform_rows import People, add_post, open_session

CREATED = datetime(2024, 2, 1, 12)
REVIEWED = datetime(2024, 2, 29, 12)
EARLIER = datetime(2024, 2, 10)


@pytest.fixture
def old_post(trial: psycopg.Connection, people: People) -> UUID:
    """A post of February, whose note has been read; nobody touched it since but today."""
    post = add_post(trial, people.author)
    trial.execute("UPDATE posts SET created_at = %s WHERE id = %s", [CREATED, post])
    forget(trial)
    return post


def to_yesterday(connection: psycopg.Connection, table: str, first: datetime | date) -> Note:
    return note(table, first, 0, last=yesterday(connection))


def delete_softly(connection: psycopg.Connection, post: UUID, moment: datetime | None) -> None:
    connection.execute("UPDATE posts SET deleted_at = %s WHERE id = %s", [moment, post])


def add_case(connection: psycopg.Connection, reviewed_at: datetime | None = None) -> None:
    connection.execute(
        "INSERT INTO content_moderation (content_type, content_id, created_at, reviewed_at)"
        " VALUES ('POST', gen_random_uuid(), %s, %s)",
        [CREATED, reviewed_at],
    )


def add_old_session(connection: psycopg.Connection, user: UUID, expires_at: datetime) -> None:
    connection.execute(
        "INSERT INTO user_sessions (user_id, refresh_token_hash, created_at, expires_at)"
        " VALUES (%s, 'secret', %s, %s)",
        [user, CREATED, expires_at],
    )


def test_a_post_soft_deleted_now_leaves_no_note(trial: psycopg.Connection, old_post: UUID) -> None:
    delete_softly(trial, old_post, today(trial))
    delete_softly(trial, old_post, None)

    assert notes(trial) == []


def test_a_post_soft_deleted_with_a_date_in_the_past_is_noted_on_every_day_since(
    trial: psycopg.Connection, old_post: UUID
) -> None:
    delete_softly(trial, old_post, REVIEWED)

    assert notes(trial) == [to_yesterday(trial, "posts", REVIEWED)]


@pytest.mark.parametrize("moment", [None, EARLIER, datetime(2024, 3, 5)])
def test_a_soft_deletion_taken_back_or_moved_is_noted_from_the_earlier_of_the_two(
    trial: psycopg.Connection, old_post: UUID, moment: datetime | None
) -> None:
    delete_softly(trial, old_post, REVIEWED)
    forget(trial)

    delete_softly(trial, old_post, moment)

    assert notes(trial) == [to_yesterday(trial, "posts", min(moment or REVIEWED, REVIEWED))]


def test_a_late_post_that_comes_soft_deleted_is_noted_on_every_day_since(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(
        "INSERT INTO posts (user_id, content, created_at, deleted_at) VALUES (%s, 'text', %s, %s)",
        [people.author, CREATED, REVIEWED],
    )

    assert notes(trial) == [
        note("posts", CREATED, 1),
        to_yesterday(trial, "posts", REVIEWED),
    ]


def test_a_post_that_is_erased_is_noted_on_the_days_it_was_made_changed_and_soft_deleted(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(
        "INSERT INTO posts (user_id, content, created_at, updated_at, deleted_at)"
        " VALUES (%s, 'erased', %s, %s, %s)",
        [people.author, CREATED, EARLIER, REVIEWED],
    )
    forget(trial)

    trial.execute("DELETE FROM posts WHERE content = 'erased'")

    assert notes(trial) == [
        note("posts", CREATED, -1),
        note("posts", EARLIER, 0),
        note("posts", REVIEWED, 0),
    ]


def test_truncated_posts_are_noted_by_day_and_on_every_day_since_the_first(
    trial: psycopg.Connection, old_post: UUID
) -> None:
    trial.execute("TRUNCATE posts CASCADE")

    assert set(notes(trial)) == {
        note("posts", CREATED, -1),
        to_yesterday(trial, "posts", CREATED),
    }


def test_a_late_moderation_case_is_noted_until_yesterday_or_its_review(
    trial: psycopg.Connection, people: People
) -> None:
    add_case(trial)
    add_case(trial, REVIEWED)

    assert notes(trial) == [
        note("content_moderation", CREATED, 0, last=REVIEWED.date()),
        to_yesterday(trial, "content_moderation", CREATED),
    ]


def test_a_moderation_case_reviewed_now_leaves_no_note(
    trial: psycopg.Connection, people: People
) -> None:
    add_case(trial)
    forget(trial)

    trial.execute("UPDATE content_moderation SET reviewed_at = now(), status = 'APPROVED'")
    trial.execute("UPDATE content_moderation SET moderator_id = %s", [people.author])

    assert notes(trial) == []


@pytest.mark.parametrize(
    ("change", "first"),
    [
        ("reviewed_at = '2024-02-10'", EARLIER),
        ("reviewed_at = '2024-03-05'", REVIEWED),
        ("reviewed_at = NULL", REVIEWED),
    ],
)
def test_a_review_that_is_moved_or_taken_back_is_noted_from_the_earlier_of_the_two(
    trial: psycopg.Connection, people: People, change: str, first: datetime
) -> None:
    add_case(trial, REVIEWED)
    forget(trial)

    trial.execute(f"UPDATE content_moderation SET {change}".encode())

    assert notes(trial) == [to_yesterday(trial, "content_moderation", first)]


@pytest.mark.parametrize(
    ("statement", "spans"),
    [
        ("UPDATE content_moderation SET content_type = 'COMMENT'", {(CREATED, REVIEWED)}),
        (
            "UPDATE content_moderation SET created_at = '2024-02-10'",
            {(CREATED, REVIEWED), (EARLIER, REVIEWED)},
        ),
        ("DELETE FROM content_moderation", {(CREATED, REVIEWED)}),
    ],
)
def test_a_moderation_case_that_counts_otherwise_is_noted_on_all_its_days(
    trial: psycopg.Connection,
    people: People,
    statement: str,
    spans: set[tuple[datetime, datetime]],
) -> None:
    add_case(trial, REVIEWED)
    forget(trial)

    trial.execute(statement.encode())

    table = "content_moderation"
    assert set(notes(trial)) == {note(table, first, 0, last=last.date()) for first, last in spans}


NEVER_OPENED = "UPDATE content_moderation SET created_at = NULL"


def test_a_late_case_without_a_time_of_creation_is_noted_on_the_day_of_its_review(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute(
        "INSERT INTO content_moderation (content_type, content_id, created_at, reviewed_at) VALUES"
        " ('POST', gen_random_uuid(), NULL, %s), ('POST', gen_random_uuid(), NULL, NULL),"
        " ('POST', gen_random_uuid(), NULL, now())",
        [REVIEWED],
    )

    assert notes(trial) == [note("content_moderation", REVIEWED, 0)]


@pytest.mark.parametrize(
    ("statement", "days"),
    [
        ("UPDATE content_moderation SET reviewed_at = '2024-02-10'", {EARLIER, REVIEWED}),
        ("UPDATE content_moderation SET reviewed_at = NULL", {REVIEWED}),
        ("UPDATE content_moderation SET reviewed_at = now()", {REVIEWED}),
        ("UPDATE content_moderation SET status = 'APPROVED'", set()),
        ("DELETE FROM content_moderation", {REVIEWED}),
    ],
)
def test_a_case_without_a_time_of_creation_that_changes_is_noted_on_its_days_of_review(
    trial: psycopg.Connection, people: People, statement: str, days: set[datetime]
) -> None:
    add_case(trial, REVIEWED)
    trial.execute(NEVER_OPENED)
    forget(trial)

    trial.execute(statement.encode())

    assert set(notes(trial)) == {note("content_moderation", day, 0) for day in days}


def test_a_review_before_the_creation_is_noted_on_its_own_day(
    trial: psycopg.Connection, people: People
) -> None:
    add_case(trial, EARLIER - timedelta(days=30))

    assert notes(trial) == [note("content_moderation", EARLIER - timedelta(days=30), 0)]


def test_truncated_cases_without_a_time_of_creation_are_noted_since_the_first_review(
    trial: psycopg.Connection, people: People
) -> None:
    add_case(trial, REVIEWED)
    trial.execute(NEVER_OPENED)
    forget(trial)

    trial.execute("TRUNCATE content_moderation")

    assert notes(trial) == [to_yesterday(trial, "content_moderation", REVIEWED)]


def test_truncated_moderation_cases_are_noted_on_every_day_since_the_first(
    trial: psycopg.Connection, people: People
) -> None:
    add_case(trial, REVIEWED)
    forget(trial)

    trial.execute("TRUNCATE content_moderation")

    assert notes(trial) == [to_yesterday(trial, "content_moderation", CREATED)]


def test_a_late_session_is_noted_until_it_expired(
    trial: psycopg.Connection, people: People
) -> None:
    open_session(trial, people.fan)
    add_old_session(trial, people.fan, REVIEWED)

    assert notes(trial) == [note("user_sessions", CREATED, 0, last=REVIEWED.date())]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user_sessions SET is_active = FALSE, last_used_at = now()",
        "DELETE FROM user_sessions",
        "TRUNCATE user_sessions",
    ],
)
def test_a_session_that_ends_was_alive_all_the_same_and_leaves_no_note(
    trial: psycopg.Connection, people: People, statement: str
) -> None:
    add_old_session(trial, people.fan, REVIEWED)
    forget(trial)

    trial.execute(statement.encode())

    assert notes(trial) == []


def test_an_account_that_is_erased_takes_its_sessions_days_with_it(
    trial: psycopg.Connection, people: People
) -> None:
    add_old_session(trial, people.fan, today(trial) + timedelta(days=30))
    forget(trial)

    trial.execute("DELETE FROM users WHERE id = %s", [people.fan])

    assert notes(trial) == [to_yesterday(trial, "user_sessions", CREATED)]


def test_accounts_truncated_with_everything_take_their_sessions_days_with_them(
    trial: psycopg.Connection, people: People
) -> None:
    trial.execute("UPDATE users SET created_at = %s", [CREATED])
    forget(trial)

    trial.execute("TRUNCATE users CASCADE")

    assert to_yesterday(trial, "user_sessions", CREATED) in notes(trial)
    assert note("users", CREATED, -2) in notes(trial)


@pytest.mark.parametrize("table", ["content_moderation", "user_sessions"])
def test_spans_loaded_in_bulk_are_left_to_the_loader(
    trial: psycopg.Connection, people: People, table: str
) -> None:
    trial.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")

    add_case(trial)
    add_old_session(trial, people.fan, REVIEWED)

    assert [found for found in notes(trial) if found.table == table] == []
