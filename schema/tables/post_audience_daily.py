"""Contract of the rollup `post_audience_daily`."""

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, identifier, unit


class PostAudienceDaily(Contract):
    """One row per (date, post) with an event of the audience; no row means nobody.

    Grain: (date, post_id). Source: `user_engagement`, `users`. The audience is everybody but the
    author. An account is counted once a day, however much it does.
    """

    date: pl.Date = pa.Field(description="UTC day of the events")
    post_id: pl.Binary = identifier("the post engaged with")
    author_id: pl.Binary = identifier("the post's author")
    accounts: pl.Int64 = pa.Field(
        metadata=unit("accounts"), ge=1, description="distinct accounts of the audience (count)"
    )
    coordinated_accounts: pl.Int64 = pa.Field(
        metadata=unit("accounts"),
        ge=0,
        description="those of them that took part in a coordinated burst (count)",
    )

    # Checks of a column, not of the frame, for the reason given in `post_engagement_daily`.
    @pa.check("accounts", error="a post has one row per day")
    def grain_is_unique(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse rows of the same (date, post_id)."""
        return data.lazyframe.select(pl.struct("date", "post_id").is_unique())

    @pa.check("coordinated_accounts", error="coordinated accounts are part of the audience")
    def coordinated_is_part_of_the_audience(cls, data: pa.PolarsData) -> pl.LazyFrame:
        """Refuse more coordinated accounts than accounts."""
        return data.lazyframe.select(pl.col("coordinated_accounts") <= pl.col("accounts"))
