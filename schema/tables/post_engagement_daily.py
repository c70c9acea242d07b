"""Contract of the rollup `post_engagement_daily`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, identifier, unit
from schema.vocabulary import EngagementType


class PostEngagementDaily(Contract):
    """One row per (date, post, engagement type) with at least one event; no row means zeros.

    Grain: (date, post_id, engagement_type). Source: `user_engagement`. Events on posts deleted
    since count. The audience is everybody but the author.
    """

    date: pl.Date = pa.Field(description="UTC day of the events")
    post_id: pl.Binary = identifier("the post engaged with")
    engagement_type: pl.String = pa.Field(
        isin=[kind.value for kind in EngagementType], description="kind of engagement"
    )
    author_id: pl.Binary = identifier("the post's author")
    events: pl.Int64 = pa.Field(
        metadata=unit("events"), ge=1, description="events, the author's own included (count)"
    )
    audience_events: pl.Int64 = pa.Field(
        metadata=unit("events"), ge=0, description="events of the audience (count)"
    )
    audience_value: pl.Int64 = pa.Field(
        metadata=unit("hundredths of a value"),
        description="sum of the audience's event values, in hundredths; negative after take-backs",
    )

    # Checks of a column, not of the frame: pandera writes the rows that break a check of the frame
    # (or `Config.unique`) as JSON, and Polars 2.1 panics where they hold binary ids.
    @pa.check("events", error="a post has one row per day and type")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, post_id, engagement_type)."""
        return data.lazyframe.select(pl.struct("date", "post_id", "engagement_type").is_unique())

    @pa.check("audience_events", error="the audience has no more events than the post")
    def audience_is_part_of_the_events(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse more audience events than events."""
        return data.lazyframe.select(pl.col("audience_events") <= pl.col("events"))
