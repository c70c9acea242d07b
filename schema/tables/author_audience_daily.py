"""Contract of the rollup `author_audience_daily`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, identifier, unit

HOURS = 24


class AuthorAudienceDaily(Contract):
    """One row per account of the audience that did anything with an author's posts on a day.

    Grain: (date, author_id, user_id). Source: `user_engagement`. The audience is everybody but the
    author. Reports count distinct accounts over weeks from it; no report shows one of its rows.
    """

    date: pl.Date = pa.Field(description="UTC day of the events")
    author_id: pl.Binary = identifier("the author of the posts")
    user_id: pl.Binary = identifier("the account that engaged with them")
    active_hours: pl.Int64 = pa.Field(
        metadata=unit("bits, one per UTC hour"),
        ge=1,
        lt=2**HOURS,
        description="UTC hours with an event: bit h, worth 2^h, for hour h",
    )

    # Checks of a column, not of the frame, for the reason given in `post_engagement_daily`.
    @pa.check("active_hours", error="an account has one row per author and day")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of an account."""
        return data.lazyframe.select(pl.struct("date", "author_id", "user_id").is_unique())

    @pa.check("user_id", error="an author is not part of the audience")
    def audience_is_others(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse an author's own events."""
        return data.lazyframe.select(pl.col("user_id") != pl.col("author_id"))
