"""Contract of the lake table `post_scores`."""

from decimal import Decimal

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Score, identifier

MAX_SCORE = Decimal("99999999.99")


class PostScores(Contract):
    """One row per live post created or engaged with in the 30 days that end with D.

    Grain: (date, post_id). No row means that the post is not scored: its score is 0.
    Unit: engagement weighted relative to one LIKE, expected in the 24 hours after the end of D.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the post was scored")
    post_id: pl.Binary = identifier("the post")
    author_id: pl.Binary = identifier("its author")
    engagement_score: Score = pa.Field(
        ge=Decimal(0), le=MAX_SCORE, description="expected weighted engagement, in LIKEs"
    )
    score_from_day: Score = pa.Field(
        ge=Decimal(0), description="the part owed to engagement on D itself, in LIKEs"
    )
    score_from_earlier: Score = pa.Field(
        ge=Decimal(0), description="the part owed to the 29 days before D, in LIKEs"
    )

    # Checks of a column, not of the frame: pandera writes the rows that break a check of the frame
    # (or `Config.unique`) as JSON, and Polars 2.1 panics where they hold binary ids.
    @pa.check("engagement_score", error="a post is scored once a day")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a post."""
        return rows.lazyframe.select(pl.struct("date", "post_id").is_unique())

    @pa.check("engagement_score", error="the parts sum to the score")
    def parts_sum_to_the_score(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a score that its parts do not explain to the hundredth."""
        parts = pl.col("score_from_day") + pl.col("score_from_earlier")
        return rows.lazyframe.select(parts == pl.col("engagement_score"))
