"""Contract of the lake table `popular_posts`."""

from decimal import Decimal
from enum import StrEnum

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, Score, identifier
from schema.tables.post_scores import MAX_SCORE

MAX_RANK = 1_000


class RankReason(StrEnum):
    """Why a post stands where it stands, against the day before."""

    NEW = "new"
    RISEN = "risen"
    FALLEN = "fallen"
    STEADY = "steady"


class PopularPosts(Contract):
    """The 1,000 best scored live public posts of the 7 days that end with D, as of the end of D.

    Grain: (date, post_id). Order: score, then newest, then id. No row means not among them.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the posts were ranked")
    rank: pl.Int64 = pa.Field(ge=1, le=MAX_RANK, description="place, 1 for the best, without gaps")
    post_id: pl.Binary = identifier("the post")
    author_id: pl.Binary = identifier("its author")
    engagement_score: Score = pa.Field(
        ge=Decimal(0), le=MAX_SCORE, description="expected weighted engagement, in LIKEs"
    )
    created_at: Instant = pa.Field(description="when it was posted (UTC)")
    rank_change: pl.Int64 = pa.Field(
        nullable=True, description="places gained since the day before; null when not ranked then"
    )
    reason: pl.String = pa.Field(
        isin=[reason.value for reason in RankReason], description="what the change amounts to"
    )

    # Checks of a column, not of the frame, for the reason given in `post_scores`.
    @pa.check("rank", error="a post is ranked once a day")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a post."""
        return rows.lazyframe.select(pl.struct("date", "post_id").is_unique())

    @pa.check("rank", error="a day's ranks are 1, 2, 3 and so on")
    def ranks_have_no_gaps(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse ranks that are shared, or beyond the number of the day's posts."""
        is_alone = pl.struct("date", "rank").is_unique()
        return rows.lazyframe.select(is_alone & (pl.col("rank") <= pl.len().over("date")))

    @pa.check("reason", error="the reason tells the change of rank")
    def reason_tells_the_change(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a reason that contradicts its change of rank."""
        change = pl.col("rank_change")
        told = (
            pl.when(change.is_null())
            .then(pl.lit(RankReason.NEW.value))
            .when(change > 0)
            .then(pl.lit(RankReason.RISEN.value))
            .when(change < 0)
            .then(pl.lit(RankReason.FALLEN.value))
            .otherwise(pl.lit(RankReason.STEADY.value))
        )
        return rows.lazyframe.select(told == pl.col("reason"))
