"""Contract of the lake table `popular_posts`."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Instant, Score, identifier, unit
from schema.tables.post_scores import MAX_SCORE

MAX_RANK = 1_000


class RankReason(StrEnum):
    """Why a post stands where it stands, against the day before."""

    NEW = "new"
    RISEN = "risen"
    FALLEN = "fallen"
    STEADY = "steady"


class RankCause(StrEnum):
    """What moved a post most, in the direction in which it moved; decision 0012 defines them."""

    OWN_GROWTH = "own_growth"
    DECAY = "decay"
    OTHERS_GROWTH = "others_growth"
    ELIGIBILITY = "eligibility"
    NONE = "none"


CAUSES: list[RankCause] = [cause for cause in RankCause if cause != RankCause.NONE]


def places(cause: str) -> Any:  # noqa: ANN401  # as pa.Field
    """Describe a part of the change of rank."""
    return pa.Field(
        metadata=unit("places"),
        nullable=True,
        description=f"places gained, negative for lost, by {cause}",
    )


def expected_reason() -> pl.Expr:
    """Tell what the column `rank_change` amounts to."""
    change = pl.col("rank_change")
    return (
        pl.when(change.is_null())
        .then(pl.lit(RankReason.NEW.value))
        .when(change > 0)
        .then(pl.lit(RankReason.RISEN.value))
        .when(change < 0)
        .then(pl.lit(RankReason.FALLEN.value))
        .otherwise(pl.lit(RankReason.STEADY.value))
    )


def expected_cause() -> pl.Expr:
    """Name the largest part in the direction of `rank_change`, the first named of equal ones."""
    sign = pl.col("rank_change").sign()
    towards = [pl.col(cause.value) * sign for cause in CAUSES]
    largest = pl.concat_list(towards).list.arg_max().cast(pl.Int64)
    named = largest.replace_strict(
        range(len(CAUSES)), [cause.value for cause in CAUSES], default=None, return_dtype=pl.String
    )
    stood_still = pl.when(sign == 0).then(pl.lit(RankCause.NONE.value))
    return pl.when(sign.is_not_null()).then(stood_still.otherwise(named))


class PopularPosts(Contract):
    """The 1,000 best scored live public posts of the 7 days that end with D, as of the end of D.

    Grain: (date, post_id). Source: `post_scores` and `post_states` of D and D-1.
    Order: score, then newest, then id. No row means not among them.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the posts were ranked")
    rank: pl.Int64 = pa.Field(
        metadata=unit("place"), ge=1, le=MAX_RANK, description="place, 1 for the best, without gaps"
    )
    post_id: pl.Binary = identifier("the post")
    author_id: pl.Binary = identifier("its author")
    engagement_score: Score = pa.Field(
        metadata=unit("LIKEs"),
        ge=Decimal(0),
        le=MAX_SCORE,
        description="expected weighted engagement, in LIKEs",
    )
    created_at: Instant = pa.Field(description="when it was posted (UTC)")
    rank_change: pl.Int64 = pa.Field(
        metadata=unit("places"),
        nullable=True,
        description="places gained since the day before; null when not ranked then",
    )
    reason: pl.String = pa.Field(
        isin=[reason.value for reason in RankReason], description="what the change amounts to"
    )
    own_growth: pl.Int64 = places("what people did with the post on D")
    decay: pl.Int64 = places("what its score would have lost, had nobody engaged with it on D")
    others_growth: pl.Int64 = places("the new scores of the posts that were there on D-1 too")
    eligibility: pl.Int64 = places(
        "posts that left (deleted, hidden, older than 7 days) or entered"
    )
    main_cause: pl.String = pa.Field(
        nullable=True,
        isin=[cause.value for cause in RankCause],
        description="the largest part in the direction of the change; null when not ranked on D-1",
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
        return rows.lazyframe.select(expected_reason() == pl.col("reason"))

    @pa.check("rank_change", error="the parts sum to the change of rank")
    def parts_sum_to_the_change(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse parts that leave something of the change unexplained, or explain no change."""
        parts = [pl.col(cause.value) for cause in CAUSES]
        total = pl.sum_horizontal(parts, ignore_nulls=False)
        is_new = pl.all_horizontal(part.is_null() for part in parts)
        is_told = pl.when(pl.col("rank_change").is_null()).then(is_new)
        explained = (total == pl.col("rank_change")).fill_null(value=False)
        return rows.lazyframe.select(is_told.otherwise(explained))

    @pa.check("main_cause", error="the main cause is the largest part of the change")
    def main_cause_is_the_largest(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a main cause that its parts contradict."""
        return rows.lazyframe.select(expected_cause().eq_missing(pl.col("main_cause")))
