from datetime import UTC, datetime, timedelta

import polars as pl

from assets.seeding.demo import Platform

HOUR = timedelta(hours=1)


def test_all_engagement_lies_in_the_window(events: pl.DataFrame) -> None:
    assert events["created_at"].min() >= datetime(2024, 2, 19, tzinfo=UTC)  # type: ignore[operator]
    assert events["created_at"].max() < datetime(2024, 3, 11, tzinfo=UTC)  # type: ignore[operator]


def test_nobody_engages_before_account_and_post_exist(events: pl.DataFrame) -> None:
    assert (events["created_at"] >= events["post_created_at"]).all()
    assert (events["created_at"] >= events["user_created_at"]).all()


def test_nobody_engages_after_account_or_post_are_gone(events: pl.DataFrame) -> None:
    for gone in ("post_deleted_at", "user_deleted_at"):
        assert events.filter(pl.col("created_at") >= pl.col(gone)).is_empty()


def test_private_posts_are_for_their_authors(events: pl.DataFrame) -> None:
    private = events.filter(pl.col("visibility") == "PRIVATE")

    assert len(private) > 0
    assert (private["user_id"] == private["author_id"]).all()


def test_followers_only_posts_are_for_followers(platform: Platform, views: pl.DataFrame) -> None:
    strangers = views.filter(
        pl.col("visibility") == "FOLLOWERS_ONLY", pl.col("user_id") != pl.col("author_id")
    ).select(follower_id="user_id", following_id="author_id")
    living = platform.user_followers.select("follower_id", "following_id")

    # Some have unfollowed since.
    assert len(strangers) > 0
    followers = strangers.join(living, on=living.columns, how="semi")
    assert len(followers) > 0.85 * len(strangers)


def test_some_look_at_their_own_posts(events: pl.DataFrame) -> None:
    own = (events["user_id"] == events["author_id"]).mean()

    assert 0.002 < own < 0.1  # type: ignore[operator]


def test_bursts_decay(platform: Platform, views: pl.DataFrame) -> None:
    fresh = views.filter(pl.col("post_created_at") >= platform.days.start)
    age = fresh["created_at"] - fresh["post_created_at"]
    rates = [
        age.is_between(begin * HOUR, end * HOUR, closed="left").sum() / (end - begin)
        for begin, end in ((0, 1), (1, 4), (4, 12), (12, 36), (36, 96))
    ]

    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 50 * rates[-1]


def test_few_posts_and_authors_get_most_attention(views: pl.DataFrame) -> None:
    per_post = views.group_by("post_id").len()["len"].sort(descending=True)
    per_author = views.group_by("author_id").len()["len"].sort(descending=True)

    assert per_post.head(len(per_post) // 10).sum() > 0.35 * len(views)
    assert per_author.head(12).sum() > 0.2 * len(views)


def test_evenings_are_busier_than_nights(views: pl.DataFrame) -> None:
    hours = views["created_at"].dt.hour()

    assert hours.is_in([19, 20, 21]).sum() > 5 * hours.is_in([3, 4, 5]).sum()
