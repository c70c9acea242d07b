from datetime import UTC, date, datetime

import polars as pl
import pytest

from assets.seeding.demo import Platform, generate_platform
from assets.seeding.demo.writing import tables_of
from schema.errors import UsageError

FOREIGN_KEYS = {
    "posts": {"user_id": "users"},
    "comments": {"user_id": "users", "post_id": "posts", "parent_id": "comments"},
    "user_followers": {"follower_id": "users", "following_id": "users"},
    "user_engagement": {"user_id": "users", "post_id": "posts"},
    "user_sessions": {"user_id": "users"},
    "password_reset_tokens": {"user_id": "users"},
    "media_files": {"user_id": "users"},
    "content_moderation": {"moderator_id": "users"},
    "feed_items": {"user_id": "users", "post_id": "posts"},
    "audit_log": {"user_id": "users"},
}
IN_THE_FUTURE_BY_NATURE = {"expires_at"}
SIZES = [(1, 1), (1, 40), (2, 1), (3, 1), (3, 30), (40, 2)]


def small_platform(*, users: int = 60, day: date = date(2026, 11, 21), seed: int = 1) -> Platform:
    return generate_platform(users=users, last_day=day, days=5, seed=seed)


def test_the_same_arguments_give_the_same_frames() -> None:
    first = tables_of(small_platform())
    second = tables_of(small_platform())

    assert all(frame.equals(second[table]) for table, frame in first.items())


@pytest.mark.parametrize(
    ("users", "day", "seed"),
    [(60, date(2026, 11, 21), 2), (60, date(2026, 11, 22), 1), (61, date(2026, 11, 21), 1)],
    ids=["seed", "day", "size"],
)
def test_another_platform_has_no_id_in_common(users: int, day: date, seed: int) -> None:
    other = tables_of(small_platform(users=users, day=day, seed=seed))

    for table, frame in tables_of(small_platform()).items():
        assert frame.join(other[table], on="id").is_empty(), table


def test_ids_are_unique(platform: Platform) -> None:
    for table, frame in tables_of(platform).items():
        assert frame["id"].n_unique() == len(frame), table
        assert frame["id"].bin.size().unique().to_list() == [16], table


def test_every_table_has_rows(platform: Platform) -> None:
    assert not [table for table, frame in tables_of(platform).items() if frame.is_empty()]


@pytest.mark.parametrize(("users", "days"), SIZES)
def test_tiny_platforms_hold_together(users: int, days: int) -> None:
    tiny = generate_platform(users=users, last_day=date(2024, 2, 29), days=days, seed=3)

    assert len(tiny.users) == users
    assert_references_exist(tiny)
    assert_nothing_is_later_than(tiny, datetime(2024, 3, 1, tzinfo=UTC))
    assert not tiny.posts.filter(pl.col("created_at").dt.date() == date(2024, 2, 29)).is_empty()


def test_references_exist(platform: Platform) -> None:
    assert_references_exist(platform)


def test_nothing_happens_after_the_last_day(platform: Platform) -> None:
    assert_nothing_is_later_than(platform, datetime(2024, 3, 11, tzinfo=UTC))


def test_29_february_is_a_day_like_others(platform: Platform) -> None:
    days = platform.user_engagement["created_at"].dt.date()

    assert days.n_unique() == 21
    assert (days == date(2024, 2, 29)).sum() > len(days) / 21 / 2


def test_counters_of_posts_follow_from_engagement_and_comments(platform: Platform) -> None:
    kinds = platform.user_engagement.group_by(id="post_id").agg(
        likes=(pl.col("engagement_type") == "LIKE").sum(),
        shares=(pl.col("engagement_type") == "SHARE").sum(),
    )
    live = platform.comments.filter(pl.col("deleted_at").is_null())
    comments = live.group_by(id="post_id").agg(comments=pl.len())
    facts = platform.posts.join(kinds, on="id", how="left").join(comments, on="id", how="left")

    assert facts.filter(pl.col("likes_count") != pl.col("likes").fill_null(0)).is_empty()
    assert facts.filter(pl.col("shares_count") != pl.col("shares").fill_null(0)).is_empty()
    assert facts.filter(pl.col("comments_count") != pl.col("comments").fill_null(0)).is_empty()


def test_the_usual_size_has_some_hundred_thousand_events() -> None:
    usual = generate_platform(users=2000, last_day=date(2026, 11, 21), days=30, seed=7)

    assert 150_000 < len(usual.user_engagement) < 300_000


@pytest.mark.parametrize(("users", "days"), [(0, 5), (5, 0), (-1, 5)])
def test_a_platform_of_nobody_or_no_day_is_refused(users: int, days: int) -> None:
    with pytest.raises(UsageError, match="at least 1 user and 1 day"):
        generate_platform(users=users, last_day=date(2026, 11, 21), days=days, seed=1)


def test_a_platform_that_memory_cannot_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="keep users x days at or below 3000000"):
        generate_platform(users=1_000_000, last_day=date(2026, 11, 21), days=30, seed=1)


def test_a_platform_older_than_unix_time_is_refused() -> None:
    with pytest.raises(UsageError, match="begins too early"):
        generate_platform(users=5, last_day=date(1975, 1, 5), days=30, seed=1)


def assert_references_exist(platform: Platform) -> None:
    tables = tables_of(platform)
    for table, keys in FOREIGN_KEYS.items():
        for column, target in keys.items():
            known = tables[table].filter(pl.col(column).is_not_null())
            assert known.join(tables[target], left_on=column, right_on="id", how="anti").is_empty()


def assert_nothing_is_later_than(platform: Platform, end: datetime) -> None:
    for table, frame in tables_of(platform).items():
        instants = frame.select(pl.col(pl.Datetime("us", "UTC"))).columns
        for column in set(instants) - IN_THE_FUTURE_BY_NATURE:
            assert frame.filter(pl.col(column) >= end).is_empty(), (table, column)
