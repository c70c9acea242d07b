"""Contract of the lake table `score_receipts`."""

from decimal import Decimal
from enum import StrEnum

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Score, identifier, unit
from schema.tables.post_scores import MAX_SCORE


class ScorePart(StrEnum):
    """What a part of a score comes from."""

    AUTHOR = "AUTHOR"
    LAST_DAY = "LAST_DAY"
    EARLIER = "EARLIER"
    COORDINATED = "COORDINATED"
    LEARNED_RECENT = "LEARNED_RECENT"
    LEARNED_EARLIER = "LEARNED_EARLIER"
    LEARNED_TIMING = "LEARNED_TIMING"
    LEARNED_AUTHOR = "LEARNED_AUTHOR"
    LEARNED_AUDIENCE = "LEARNED_AUDIENCE"
    LEARNED_FORMAT = "LEARNED_FORMAT"
    LEARNED_PLATFORM = "LEARNED_PLATFORM"
    ROUNDING = "ROUNDING"


class ScoreReceipts(Contract):
    """One row per part of a post's score; the parts of a post sum exactly to its score of that day.

    AUTHOR: what the author's posts usually get at this age. LAST_DAY: engagement of D. EARLIER: of
    the days before. COORDINATED: set aside as coordinated. LEARNED_*: what the model adds for
    recent and earlier engagement; age, hour and weekday; the author; rates and distinct accounts;
    media and visibility; the platform's level and the calibration. ROUNDING: ties and rounding.

    Grain: (date, post_id, part). Source: what scores are made of, of the popular posts.
    No row means that the part contributes nothing.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the post was scored")
    post_id: pl.Binary = identifier("the post")
    part: pl.String = pa.Field(
        isin=[part.value for part in ScorePart], description="what the contribution comes from"
    )
    contribution: Score = pa.Field(
        metadata=unit("LIKEs"),
        ge=-MAX_SCORE,
        le=MAX_SCORE,
        description="part of the score, in LIKEs; may be negative",
    )

    # Checks of a column, not of the frame, for the reason given in `post_scores`.
    @pa.check("part", error="a post has one row per part and day")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a part."""
        return rows.lazyframe.select(pl.struct("date", "post_id", "part").is_unique())

    @pa.check("contribution", error="what is set aside as coordinated adds nothing")
    def coordinated_only_takes_away(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a score that coordinated accounts have raised."""
        is_other = pl.col("part") != ScorePart.COORDINATED.value
        return rows.lazyframe.select(is_other | (pl.col("contribution") <= 0))

    @pa.check("contribution", error="the parts of a post sum to a score")
    def parts_sum_to_a_score(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse parts whose sum no score can be."""
        total = pl.col("contribution").sum().over("date", "post_id")
        return rows.lazyframe.select(total.is_between(Decimal(0), MAX_SCORE))
