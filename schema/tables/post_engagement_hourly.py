"""Contract of the rollup `post_engagement_hourly`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, identifier, unit
from schema.vocabulary import EngagementType

HOURS = 24


class PostEngagementHourly(Contract):
    """One row per (date, hour, post, engagement type) with an event of the audience.

    Grain: (date, hour, post_id, engagement_type). Source: `user_engagement`, `users`. The audience
    is everybody but the author. Coordinated events are part of the audience's; scores leave them
    out, metrics do not.
    """

    date: pl.Date = pa.Field(description="UTC day of the events")
    hour: pl.Int64 = pa.Field(
        metadata=unit("hour of the day, UTC"),
        ge=0,
        lt=HOURS,
        description="UTC hour of the events, 0 to 23",
    )
    post_id: pl.Binary = identifier("the post engaged with")
    engagement_type: pl.String = pa.Field(
        isin=[kind.value for kind in EngagementType], description="kind of engagement"
    )
    author_id: pl.Binary = identifier("the post's author")
    audience_events: pl.Int64 = pa.Field(
        metadata=unit("events"), ge=1, description="events of the audience (count)"
    )
    audience_value: pl.Int64 = pa.Field(
        metadata=unit("hundredths of a value"),
        description="sum of the audience's event values, in hundredths; negative after take-backs",
    )
    coordinated_events: pl.Int64 = pa.Field(
        metadata=unit("events"),
        ge=0,
        description="those of the audience's events that belong to a coordinated burst (count)",
    )
    coordinated_value: pl.Int64 = pa.Field(
        metadata=unit("hundredths of a value"),
        description="sum of the coordinated events' values, in hundredths",
    )

    # Checks of a column, not of the frame, for the reason given in `post_engagement_daily`.
    @pa.check("audience_events", error="a post has one row per hour and type")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, hour, post_id, engagement_type)."""
        key = pl.struct("date", "hour", "post_id", "engagement_type")
        return data.lazyframe.select(key.is_unique())

    @pa.check("coordinated_events", error="coordinated events are part of the audience's")
    def coordinated_is_part_of_the_audience(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse more coordinated events than events."""
        return data.lazyframe.select(pl.col("coordinated_events") <= pl.col("audience_events"))
