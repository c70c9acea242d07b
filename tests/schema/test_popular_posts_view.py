from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest

from tests.fixtures.platform_rows import (
    People,
    add_people,
    add_post,
    rows,
    scalar,
    wait_until_blocked,
)

OpenSession = Callable[[], psycopg.Connection]


@pytest.fixture
def author(trial: psycopg.Connection, people: People) -> UUID:
    """Somebody who has no post yet."""
    trial.execute("DELETE FROM posts")
    return people.author


def refresh(connection: psycopg.Connection) -> None:
    connection.execute("SELECT refresh_popular_posts()")


def popular(connection: psycopg.Connection) -> set[object]:
    return {post for (post,) in rows(connection, "SELECT id FROM popular_posts")}


def post_at(connection: psycopg.Connection, author: UUID, moment: str) -> UUID:
    """A post made at an SQL expression of time."""
    post = add_post(connection, author)
    connection.execute(f"UPDATE posts SET created_at = {moment} WHERE id = %s".encode(), [post])
    return post


def test_a_post_is_shown_with_its_author_and_numbers(
    trial: psycopg.Connection, author: UUID
) -> None:
    post = add_post(trial, author, score=7.25)

    refresh(trial)

    assert rows(trial, "SELECT * FROM popular_posts") == [
        (post, author, "text", 0, 0, 7.25, "author", None)
    ]


def test_private_and_deleted_posts_are_left_out(trial: psycopg.Connection, author: UUID) -> None:
    shown = add_post(trial, author)
    for visibility in ("PRIVATE", "FOLLOWERS_ONLY", "UNLISTED"):
        add_post(trial, author, visibility=visibility, score=9)
    deleted = add_post(trial, author, score=9)
    trial.execute("UPDATE posts SET deleted_at = now() WHERE id = %s", [deleted])

    refresh(trial)

    assert popular(trial) == {shown}


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_week_begins_seven_utc_days_before_today_wherever_one_asks(
    trial: psycopg.Connection, author: UUID, zone: str
) -> None:
    start = "(now() AT TIME ZONE 'UTC')::date - INTERVAL '7 days'"
    post_at(trial, author, start)
    inside = post_at(trial, author, f"{start} + INTERVAL '1 microsecond'")
    trial.execute("SELECT set_config('TimeZone', %s, TRUE)", [zone])

    refresh(trial)

    assert popular(trial) == {inside}


def test_a_thousand_are_shown_and_ties_are_cut_by_age_then_id(
    trial: psycopg.Connection, author: UUID
) -> None:
    best = add_post(trial, author, score=1, age="6 days")
    trial.execute(
        "INSERT INTO posts (user_id, content, created_at)"
        " SELECT %s, 'text', now() - n * interval '1 minute' FROM generate_series(1, 998) AS n",
        [author],
    )
    twins = sorted([add_post(trial, author, age="1 day"), add_post(trial, author, age="1 day")])
    older = add_post(trial, author, age="2 days")

    refresh(trial)

    assert len(popular(trial)) == 1000
    assert {best, twins[0]} <= popular(trial)
    assert not {twins[1], older} & popular(trial)


def test_a_refresh_brings_new_scores_in_and_takes_posts_out(
    trial: psycopg.Connection, author: UUID
) -> None:
    stays, goes = add_post(trial, author), add_post(trial, author)
    refresh(trial)
    trial.execute("UPDATE posts SET engagement_score = 3 WHERE id = %s", [stays])
    trial.execute("DELETE FROM posts WHERE id = %s", [goes])

    refresh(trial)

    assert rows(trial, "SELECT id, engagement_score FROM popular_posts") == [(stays, 3)]


def test_a_platform_without_posts_has_no_popular_ones(
    trial: psycopg.Connection, author: UUID
) -> None:
    refresh(trial)

    assert popular(trial) == set()


def test_a_view_that_was_never_filled_is_filled(trial: psycopg.Connection, author: UUID) -> None:
    post = add_post(trial, author)
    trial.execute("REFRESH MATERIALIZED VIEW popular_posts WITH NO DATA")

    refresh(trial)

    assert popular(trial) == {post}


def test_readers_go_on_and_see_the_old_posts_while_it_is_refreshed(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    post = add_people(connection).post
    connection.commit()
    reader = more_sessions()
    reader.execute("SET lock_timeout = '5s'")

    refresh(connection)
    during = scalar(reader, "SELECT count(*) FROM popular_posts")
    connection.commit()

    assert during == 0
    assert popular(reader) == {post}


def test_a_second_refresh_waits_for_the_first(
    more_sessions: OpenSession, connection: psycopg.Connection
) -> None:
    second, watcher = more_sessions(), more_sessions()
    refresh(connection)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(refresh, second)
        wait_until_blocked(watcher, second)
        connection.commit()

    assert waiting.result() is None
