"""The posts that are scored on a day, with the raw numbers that all their features come from."""

from collections.abc import Iterable
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from assets.ranking.engagement_shape import (
    BINS_OF_DAY,
    KINDS,
    WINDOW_DAYS,
    events_name,
    kind_name,
    summarize_audience,
    summarize_shape,
    weight_name,
)
from assets.ranking.live_posts import live_posts
from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from assets.resources.engine import run
from schema.windows import DayRange

# Days before the first scored day that every table must hold.
LOOKBACK_DAYS = WINDOW_DAYS - 1
ON_POST = ["date", "post_id"]
# Every column that a score can depend on, by what it learns.
OF_POSTS = (
    *("post_states.id", "post_states.user_id", "post_states.visibility", "post_states.media_type"),
    *("post_states.created_at", "post_states.deleted_at"),
)
COORDINATED = ("post_engagement_hourly.post_id", "post_engagement_hourly.coordinated_events")
SOURCES = (
    *OF_POSTS,
    *COORDINATED,
    "post_engagement_daily.post_id",
    *("post_engagement_hourly.hour", "post_engagement_hourly.engagement_type"),
    *("post_engagement_hourly.audience_events", "post_engagement_hourly.audience_value"),
    "post_engagement_hourly.coordinated_value",
    *("post_audience_daily.post_id", "post_audience_daily.accounts"),
    "post_audience_daily.coordinated_accounts",
    "follows.following_id",
)


@dataclass(frozen=True, slots=True)
class RankingTables:
    """The tables that ranking reads, of the scored days and the `LOOKBACK_DAYS` before."""

    post_engagement_daily: Rows
    post_engagement_hourly: Rows
    post_audience_daily: Rows
    post_states: Rows
    follows: Rows


def collect_candidates(tables: RankingTables, *, days: DayRange) -> pl.DataFrame:
    """One row per (date, post_id) to be scored: the post and the shape of its engagement so far.

    Scored are the live posts created or engaged with in the 30 days that end with the date, by
    whomever. Rows of later days change nothing. Sorted by date and post.
    """
    posts = run(live_posts(tables.post_states, days=days, width=WINDOW_DAYS))
    engaged = run(_engaged_with(tables.post_engagement_daily, days))
    shape = run(summarize_shape(tables.post_engagement_hourly, days=days))
    audience = run(summarize_audience(tables.post_audience_daily, days=days))
    followers = run(_followers_gained(tables.follows, days))
    is_recent = pl.col("created_at") >= pl.col("opens_at")
    known = posts.join(engaged, on=ON_POST, how="left").filter(
        is_recent | pl.col("is_engaged_with")
    )
    joined = (
        known.drop("opens_at", "is_engaged_with")
        .join(shape, on=ON_POST, how="left")
        .join(audience, on=ON_POST, how="left")
        .join(followers, on=["date", "author_id"], how="left")
    )
    return joined.with_columns(_nothing_is_zero(joined.columns)).sort(ON_POST)


def without_last_day(candidates: pl.DataFrame) -> pl.DataFrame:
    """The same posts, had nobody engaged with them on the day itself."""
    of_day = [name(hours) for name in (weight_name, events_name) for hours in BINS_OF_DAY]
    kinds = {kind: (kind_name(kind, of_day=False), kind_name(kind, of_day=True)) for kind in KINDS}
    return candidates.with_columns(
        *(pl.lit(0, pl.Int64).alias(name) for name in [*of_day, "coordinated_weight_day"]),
        *(pl.col(whole) - pl.col(day) for whole, day in kinds.values()),
        *(pl.lit(0, pl.Int64).alias(day) for _, day in kinds.values()),
        accounts_all=pl.col("accounts_all") - pl.col("accounts_day"),
        accounts_day=pl.lit(0, pl.Int64),
        hours_since_last=pl.col("hours_since_last_before"),
    )


def _nothing_is_zero(columns: Iterable[str]) -> pl.Expr:
    """Counts and weights without a row are zero; a moment without an event stays unknown."""
    told = ("weight", "events", "accounts", "coordinated", "followers", *map(str.lower, KINDS))
    return pl.col([name for name in columns if name.startswith(told)]).fill_null(0)


def _engaged_with(daily: Rows, days: DayRange) -> Rows:
    seen = daily.filter(is_looked_back_on(days, width=WINDOW_DAYS)).select("date", "post_id")
    windows = look_back(daily, days, width=WINDOW_DAYS).select("date", "scored_on")
    on_days = seen.join(windows, on="date").select("post_id", date="scored_on").unique()
    return on_days.with_columns(is_engaged_with=nw.lit(value=True))


def _followers_gained(follows: Rows, days: DayRange) -> Rows:
    seen = follows.filter(is_looked_back_on(days, width=WINDOW_DAYS))
    windows = look_back(follows, days, width=WINDOW_DAYS).select("date", "scored_on")
    rows = seen.join(windows, on="date").select(date="scored_on", author_id="following_id")
    return rows.group_by("date", "author_id").agg(followers_gained=nw.len().cast(nw.Int64))
