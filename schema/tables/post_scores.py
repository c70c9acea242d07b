"""Contract of the lake table `post_scores`."""

from decimal import Decimal
from typing import Any

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, Score, identifier, unit

MAX_SCORE = Decimal("99999999.99")
# `model_id` of scores that nothing was learned for.
PRIOR_ID = "prior"


def score_field(description: str, *, nullable: bool = False) -> Any:  # noqa: ANN401  # as pa.Field
    """Describe an expected engagement in LIKEs, within what `posts.engagement_score` holds."""
    return pa.Field(
        metadata=unit("LIKEs"),
        ge=Decimal(0),
        le=MAX_SCORE,
        nullable=nullable,
        description=description,
    )


class PostScores(Contract):
    """One row per live post created or engaged with in the 30 days that end with D.

    Grain: (date, post_id). Source: the rollups of the 30 days, and the model in force.
    No row means that the post is not scored: its score is 0.
    Unit: engagement weighted relative to one LIKE, expected in the 24 hours after the end of D.
    """

    date: pl.Date = pa.Field(description="UTC day at whose end the post was scored")
    post_id: pl.Binary = identifier("the post")
    author_id: pl.Binary = identifier("its author")
    engagement_score: Score = score_field("expected weighted engagement, in LIKEs")
    prior_score: Score = score_field("what is expected without anything learned, in LIKEs")
    idle_score: Score = score_field("the score, had nobody engaged with the post on D, in LIKEs")
    lower_score: Score = score_field(
        "lower end of the 80 % interval, in LIKEs; null where none is known", nullable=True
    )
    upper_score: Score = score_field(
        "upper end of the 80 % interval, in LIKEs; null where none is known", nullable=True
    )
    coordinated_events: pl.Int64 = pa.Field(
        metadata=unit("events"),
        ge=0,
        description="events of the 30 days that the score leaves out as coordinated (count)",
    )
    model_id: pl.String = pa.Field(description="the model that scored; `prior` where none is")

    # Checks of a column, not of the frame: pandera writes the rows that break a check of the frame
    # (or `Config.unique`) as JSON, and Polars 2.1 panics where they hold binary ids.
    @pa.check("engagement_score", error="a post is scored once a day")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a post."""
        return rows.lazyframe.select(pl.struct("date", "post_id").is_unique())

    @pa.check("upper_score", error="the interval ends above where it begins")
    def interval_is_ordered(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse an interval that ends below where it begins, or has one end only."""
        lower, upper = pl.col("lower_score"), pl.col("upper_score")
        is_ordered = pl.when(lower.is_null()).then(upper.is_null()).otherwise(upper >= lower)
        return rows.lazyframe.select(is_ordered.fill_null(value=False))
