"""Contract of `user_analytics`, in the lake and in PostgreSQL."""

from typing import Any

import pandera.polars as pa
import polars as pl

from schema.metrics import USER_ANALYTICS
from schema.tables.columns import Contract, identifier, unit

MEANING = {metric.name: f"{metric.definition} ({metric.unit})" for metric in USER_ANALYTICS}
UNITS = {metric.name: metric.unit for metric in USER_ANALYTICS}
# PostgreSQL keeps these numbers as INTEGER.
LARGEST = 2**31 - 1


def number(name: str) -> Any:  # noqa: ANN401  # as pa.Field
    """Describe one number of the registry."""
    return pa.Field(metadata=unit(UNITS[name]), ge=0, le=LARGEST, description=MEANING[name])


class UserAnalytics(Contract):
    """One row per (user, date) with at least one non-zero number; no row means zeros.

    Grain: (date, user_id). Source: `user_engagement`, `follows`, `unfollows`. Self-engagement and
    engagement on posts deleted since count.
    """

    date: pl.Date = pa.Field(description="UTC day of the numbers")
    user_id: pl.Binary = identifier("the creator")
    profile_views: pl.Int64 = number("profile_views")
    post_impressions: pl.Int64 = number("post_impressions")
    post_engagements: pl.Int64 = number("post_engagements")
    followers_gained: pl.Int64 = number("followers_gained")
    followers_lost: pl.Int64 = number("followers_lost")
    total_likes: pl.Int64 = number("total_likes")
    total_comments: pl.Int64 = number("total_comments")
    total_shares: pl.Int64 = number("total_shares")

    # Checks of a column, not of the frame: pandera writes the rows that break a check of the frame
    # (or `Config.unique`) as JSON, and Polars 2.1 panics where they hold binary ids.
    @pa.check("post_engagements", error="a creator has one row per day")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, user_id)."""
        return data.lazyframe.select(pl.struct("date", "user_id").is_unique())

    @pa.check("post_engagements", error="a row has a non-zero number")
    def something_happened(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of zeros."""
        return data.lazyframe.select(pl.any_horizontal(pl.col(*MEANING) > 0))

    @pa.check("post_engagements", error="likes, comments and shares are part of the engagements")
    def parts_do_not_exceed_the_whole(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse parts larger than `post_engagements`."""
        parts = pl.sum_horizontal("total_likes", "total_comments", "total_shares")
        return data.lazyframe.select(parts <= pl.col("post_engagements"))

    @pa.check("profile_views", error="profile views are part of the impressions")
    def viewers_have_viewed(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse more profile viewers than VIEW events."""
        return data.lazyframe.select(pl.col("profile_views") <= pl.col("post_impressions"))
