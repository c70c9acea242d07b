"""Posts, comments, follows, and how soon somebody answers."""

import narwhals as nw

from assets.analytics.distributions import middle_sums
from assets.analytics.rationals import contributions, tagged
from assets.analytics.rows import US_PER_HOUR, Rows, daily, epoch_day, row_count
from schema.metrics import TEXT_ONLY


def content_metrics(posts: Rows, comments: Rows) -> list[Rows]:
    """Contributions of posts and comments."""
    per_media = daily(posts, "media_type").group_by("day", "media_type").agg(posts=row_count())
    authors = daily(posts, "user_id").unique()
    return [
        contributions(per_media, "posts_created", numerator=nw.col("posts")),
        contributions(
            per_media,
            "posts_created",
            numerator=nw.col("posts"),
            tags=tagged("media_type", nw.col("media_type").fill_null(TEXT_ONLY)),
        ),
        daily_count(authors, "active_creators"),
        daily_count(daily(comments), "comments_created"),
        _response_hours(posts, comments),
    ]


def follow_metrics(follows: Rows, unfollows: Rows) -> list[Rows]:
    """Contributions of follows begun and ended."""
    return [
        daily_count(daily(follows), "follows"),
        daily_count(daily(unfollows), "unfollows"),
    ]


def daily_count(rows: Rows, metric_name: str) -> Rows:
    """Contribution of a metric that counts the rows of each day."""
    counted = rows.group_by("day").agg(counted=row_count())
    return contributions(counted, metric_name, numerator=nw.col("counted"))


def _response_hours(posts: Rows, comments: Rows) -> Rows:
    waits = middle_sums(first_responses(posts, comments), "wait_us", by=["day"])
    return contributions(
        waits,
        "response_hours_median",
        numerator=nw.col("middle_sum"),
        denominator=nw.lit(2 * US_PER_HOUR),
    )


def first_responses(posts: Rows, comments: Rows) -> Rows:
    """Per post the wait for the first comment by someone else by the end of the next day.

    `day` is that next day: the one whose number it is.
    """
    asked = posts.select(
        post_id="id", author_id="user_id", asked_us="created_us", asked_day=epoch_day()
    )
    answers = daily(comments, "post_id", "user_id", "created_us").join(asked, on="post_id")
    return (
        answers.filter(
            nw.col("user_id") != nw.col("author_id"),
            nw.col("created_us") >= nw.col("asked_us"),
            nw.col("day") <= nw.col("asked_day") + 1,
        )
        .group_by("post_id", "asked_day")
        .agg(wait_us=(nw.col("created_us") - nw.col("asked_us")).min())
        .select(day=nw.col("asked_day") + 1, wait_us="wait_us")
    )
