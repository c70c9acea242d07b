"""A post beside the creator's earlier posts when they were as old as it is.

Engagement by others, all types but VIEW, of `post_engagement_hourly`: an event counts for a post of
age `hours` if its hour lies 0 to hours - 1 hours after the hour of posting.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl

from assets.analytics.rows import US_PER_HOUR, Rows, epoch_day, total
from reports.creator.model import EqualAge
from reports.creator.report_days import EARLIER_DAYS
from schema.vocabulary import EngagementType
from schema.windows import DayRange, start_of

MOST_HOURS = 168
LEAST_POSTS = 5
QUARTERS = 4
HOURS_OF_DAY = 24
HOUR = timedelta(hours=1)


def young_posts(posts: pl.DataFrame, days: DayRange) -> pl.DataFrame:
    """Posts of the days (author_id, post_id, created_us), with their age in whole `hours` then.

    At the end of the days, and MOST_HOURS at most; posts of less than an hour are left out.
    """
    first, end = _us(days.start), _us(days.end)
    hours = ((end - pl.col("created_us")) // US_PER_HOUR).clip(upper_bound=MOST_HOURS)
    of_days = posts.filter(pl.col("created_us") >= first)
    return of_days.select("author_id", "post_id", "created_us", hours=hours).filter(
        pl.col("hours") >= 1
    )


def hours_of_posting(posts: pl.DataFrame) -> pl.DataFrame:
    """The posts with the `hour` they were posted in, since 1970."""
    return posts.select("author_id", "post_id", hour=pl.col("created_us") // US_PER_HOUR)


def count_until_ages(hourly: Rows, posts: Rows, ages: Rows) -> Rows:
    """Engagements of each post until each of the ages asked for: (post_id, hours, engagements).

    `posts`: post_id, author_id, `hour` of posting since 1970; `ages`: author_id, `hours`.
    """
    engaged = hourly.filter(nw.col("engagement_type") != EngagementType.VIEW.value).select(
        "post_id", "audience_events", hour_of_event=epoch_day() * HOURS_OF_DAY + nw.col("hour")
    )
    lived = (
        engaged.join(posts, on="post_id")
        .with_columns(age=nw.col("hour_of_event") - nw.col("hour"))
        .filter(nw.col("age") >= 0, nw.col("age") < MOST_HOURS)
        .group_by("author_id", "post_id", "age")
        .agg(total("audience_events"))
    )
    until = lived.join(ages, on="author_id").filter(nw.col("age") < nw.col("hours"))
    return until.group_by("post_id", "hours").agg(engagements=total("audience_events"))


def compare_at_equal_age(
    shown: pl.DataFrame, posts: pl.DataFrame, counts: pl.DataFrame, days: Sequence[date]
) -> pl.DataFrame:
    """One row per shown post with enough earlier ones: hours, engagements, posts and quartiles.

    `shown` and `posts`: author_id, post_id, created_us, and `hours` of the shown ones. Both need
    their whole compared life within the days. Quartiles are in quarters of an engagement.
    """
    of_shown = _within(shown, pl.col("hours"), days)
    earlier = posts.select("author_id", earlier_id="post_id", earlier_us="created_us")
    reach = pl.col("created_us") - pl.col("earlier_us")
    pairs = of_shown.join(earlier, on="author_id").filter(
        reach > 0, reach <= EARLIER_DAYS * HOURS_OF_DAY * US_PER_HOUR
    )
    lives = _within(pairs, pl.col("hours"), days, created="earlier_us")
    own = _counted(of_shown, counts, "post_id").select("post_id", "engagements")
    return (
        _counted(lives, counts, "earlier_id")
        .group_by("post_id", "hours")
        .agg(posts=pl.len().cast(pl.Int64), earlier=pl.col("engagements").sort())
        .filter(pl.col("posts") >= LEAST_POSTS)
        .join(own, on="post_id")
        .with_columns(quartile(quarter).alias(f"quarter_{quarter}") for quarter in (1, 2, 3))
        .drop("earlier")
    )


def quartile(quarter: int) -> pl.Expr:
    """Four times a quartile of the sorted list `earlier`: linear between neighbours, exact.

    Of n values, the quartile stands (n - 1) * quarter / 4 places after the first.
    """
    values, place = pl.col("earlier"), (pl.col("posts") - 1) * quarter
    below = values.list.get(place // QUARTERS)
    above = values.list.get((place + QUARTERS - 1) // QUARTERS)
    return below * QUARTERS + (above - below) * (place % QUARTERS)


def equal_age_of(row: Mapping[str, Any]) -> EqualAge:
    """The comparison, of a row of `compare_at_equal_age`."""
    return EqualAge(
        hours=row["hours"],
        engagements=row["engagements"],
        posts=row["posts"],
        lower_quartile=Fraction(row["quarter_1"], QUARTERS),
        median=Fraction(row["quarter_2"], QUARTERS),
        upper_quartile=Fraction(row["quarter_3"], QUARTERS),
    )


def _counted(posts: pl.DataFrame, counts: pl.DataFrame, post: str) -> pl.DataFrame:
    """The posts with their engagements until `hours`; 0 where nobody engaged."""
    found = posts.join(counts, left_on=[post, "hours"], right_on=["post_id", "hours"], how="left")
    return found.with_columns(pl.col("engagements").fill_null(0))


def _within(
    posts: pl.DataFrame, hours: pl.Expr, days: Sequence[date], *, created: str = "created_us"
) -> pl.DataFrame:
    """Posts of which the days hold every hour that is counted."""
    first, last = _us(start_of(days[0])), _us(start_of(days[-1]) + HOURS_OF_DAY * HOUR)
    hour = pl.col(created) // US_PER_HOUR
    is_known = (pl.col(created) >= first) & ((hour + hours) * US_PER_HOUR <= last)
    return posts.filter(is_known)


def _us(moment: datetime) -> int:
    return (moment - start_of(date(1970, 1, 1))) // timedelta(microseconds=1)
