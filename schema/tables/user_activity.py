"""Contract of the rollup `user_activity`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, identifier, unit


class UserActivity(Contract):
    """One row per (date, user) with any engagement, post, comment or new follow; no row: inactive.

    Grain: (date, user_id). Source: `user_engagement`, `posts`, `comments`, `follows`.
    """

    date: pl.Date = pa.Field(description="UTC day of the activity")
    user_id: pl.Binary = identifier("who was active")
    engagements: pl.Int64 = pa.Field(
        metadata=unit("events"), ge=0, description="engagement events by the user (count)"
    )
    posts: pl.Int64 = pa.Field(metadata=unit("posts"), ge=0, description="posts created (count)")
    comments: pl.Int64 = pa.Field(
        metadata=unit("comments"), ge=0, description="comments written (count)"
    )
    follows: pl.Int64 = pa.Field(
        metadata=unit("follows"),
        ge=0,
        description="follows begun, those deleted since included (count)",
    )

    # Checks of a column, not of the frame: pandera writes the rows that break a check of the frame
    # (or `Config.unique`) as JSON, and Polars 2.1 panics where they hold binary ids.
    @pa.check("engagements", error="a user has one row per day")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, user_id)."""
        return data.lazyframe.select(pl.struct("date", "user_id").is_unique())

    @pa.check("engagements", error="whoever has a row was active")
    def somebody_did_something(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of zeros."""
        acts = pl.sum_horizontal("engagements", "posts", "comments", "follows")
        return data.lazyframe.select(acts > 0)
