from collections import Counter
from datetime import date

import psycopg
import pytest

from assets.seeding.demo import Platform, generate_platform, write_platform
from assets.seeding.demo.writing import tables_of
from schema.errors import UsageError


@pytest.fixture(scope="module")
def small() -> Platform:
    return generate_platform(users=150, last_day=date(2024, 3, 2), days=6, seed=11)


def test_a_loaded_platform_is_in_the_tables_and_progress_adds_up(
    connection: psycopg.Connection, small: Platform
) -> None:
    told: Counter[str] = Counter()

    written = write_platform(connection, small, lambda table, rows: told.update({table: rows}))

    assert written == told == {table: len(frame) for table, frame in tables_of(small).items()}
    assert written == {table: count_rows(connection, table) for table in written}


def test_counters_equal_the_facts(connection: psycopg.Connection, small: Platform) -> None:
    write_platform(connection, small, ignore)

    wrong_users = """
        SELECT count(*) FROM users WHERE (posts_count, followers_count, following_count) <> (
            (SELECT count(*) FROM posts WHERE user_id = users.id),
            (SELECT count(*) FROM user_followers WHERE following_id = users.id),
            (SELECT count(*) FROM user_followers WHERE follower_id = users.id))"""
    wrong_posts = """
        SELECT count(*) FROM posts WHERE (likes_count, shares_count, comments_count) <> (
            (SELECT count(*) FROM user_engagement
             WHERE post_id = posts.id AND engagement_type = 'LIKE'),
            (SELECT count(*) FROM user_engagement
             WHERE post_id = posts.id AND engagement_type = 'SHARE'),
            (SELECT count(*) FROM comments WHERE post_id = posts.id AND deleted_at IS NULL))"""
    assert read_one(connection, wrong_users) == 0
    assert read_one(connection, wrong_posts) == 0
    assert read_one(connection, "SELECT max(followers_count) FROM users") > 0


def test_engagement_lies_in_month_partitions_and_keeps_its_keys(
    connection: psycopg.Connection, small: Platform
) -> None:
    write_platform(connection, small, ignore)

    assert count_rows(connection, "user_engagement_2024_02") > 0
    assert count_rows(connection, "user_engagement_2024_03") > 0
    assert count_rows(connection, "user_engagement_default") == 0
    assert count_rows(connection, "user_engagement_keys") == len(small.user_engagement)


def test_a_second_time_changes_nothing(connection: psycopg.Connection, small: Platform) -> None:
    write_platform(connection, small, ignore)
    before = read_one(connection, "SELECT max(xmin::text::bigint) FROM users")

    written = write_platform(connection, small, refuse_progress)

    assert set(written.values()) == {0}
    assert read_one(connection, "SELECT max(xmin::text::bigint) FROM users") == before
    assert count_rows(connection, "user_engagement") == len(small.user_engagement)


def test_a_platform_whose_account_was_erased_is_still_this_one(
    connection: psycopg.Connection, small: Platform
) -> None:
    write_platform(connection, small, ignore)
    connection.execute("DELETE FROM users WHERE username = %s", (small.users["username"][-1],))

    assert set(write_platform(connection, small, refuse_progress).values()) == {0}


def test_other_peoples_accounts_are_left_alone(
    connection: psycopg.Connection, small: Platform
) -> None:
    connection.execute(
        "INSERT INTO users (email, username, password_hash) VALUES ('a@b.invalid', 'real', 'x')"
    )

    with pytest.raises(UsageError, match=r"holds 1 accounts that are not of this demo \(150 users"):
        write_platform(connection, small, refuse_progress)

    assert count_rows(connection, "users") == 1
    assert count_rows(connection, "posts") == 0


def test_another_demo_is_left_alone(connection: psycopg.Connection, small: Platform) -> None:
    next_day = generate_platform(users=3, last_day=date(2024, 3, 3), days=6, seed=11)
    write_platform(connection, small, ignore)

    with pytest.raises(UsageError, match="use an empty database"):
        write_platform(connection, next_day, refuse_progress)


def test_recorded_unfollows_read_as_the_trigger_writes_them(
    connection: psycopg.Connection, small: Platform
) -> None:
    write_platform(connection, small, ignore)

    rewritten = """
        SELECT count(*) FROM audit_log WHERE old_values = jsonb_build_object(
            'id', (old_values ->> 'id')::uuid,
            'follower_id', (old_values ->> 'follower_id')::uuid,
            'following_id', (old_values ->> 'following_id')::uuid,
            'created_at', (old_values ->> 'created_at')::timestamp)"""
    assert read_one(connection, rewritten) == len(small.audit_log) > 0


def test_hostile_text_survives_the_journey(connection: psycopg.Connection, small: Platform) -> None:
    write_platform(connection, small, ignore)

    posts = connection.execute("SELECT content, tags FROM posts ORDER BY id").fetchall()
    expected = small.posts.sort("id")
    assert [content for content, _ in posts] == expected["content"].to_list()
    assert [tags for _, tags in posts] == expected["tags"].to_list()
    names = connection.execute("SELECT username, bio FROM users ORDER BY id").fetchall()
    assert names == small.users.sort("id").select("username", "bio").rows()


@pytest.mark.parametrize("users", [1, 3])
def test_a_tiny_platform_loads(connection: psycopg.Connection, users: int) -> None:
    tiny = generate_platform(users=users, last_day=date(2024, 2, 29), days=1, seed=2)

    assert write_platform(connection, tiny, ignore)["users"] == users


def ignore(_table: str, _rows: int) -> None:
    pass


def refuse_progress(table: str, rows: int) -> None:
    pytest.fail(f"{rows} rows were written to {table}")


def count_rows(connection: psycopg.Connection, table: str) -> int:
    return read_one(connection, f"SELECT count(*) FROM {table}")


def read_one(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    number: int = row[0]
    return number
