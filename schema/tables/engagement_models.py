"""Contract of the lake table `engagement_models`."""

from enum import StrEnum
from typing import Any

import pandera.polars as pa
import polars as pl

from schema.tables.columns import Contract, unit


class Verdict(StrEnum):
    """What was decided about the model of a day."""

    CARRIED = "carried"
    TOO_LITTLE = "too_little"
    PROMOTED = "promoted"
    KEPT = "kept"
    WITHDRAWN = "withdrawn"


def _quality(what: str, of: str) -> Any:  # noqa: ANN401  # as pa.Field
    return pa.Field(
        nullable=True, metadata=unit(of), description=f"{what}; mean over the held-out days"
    )


class EngagementModels(Contract):
    """Which model scores D, and the evidence for it. A published day is never decided again.

    CARRIED: that of the day before. TOO_LITTLE: the prior, as there is too little to learn from.
    PROMOTED: a challenger that was better on held-out later days than the champion and the prior.
    KEPT: the champion (or the prior) was better. WITHDRAWN: the prior was better than both.

    Grain: date. Source: the rollups of D and the 92 days before. Measures are of posts of
    the last 7 days; deviance is that of the Tweedie distribution, the lower the better.
    """

    date: pl.Date = pa.Field(description="UTC day that the model scores")
    model_id: pl.String = pa.Field(description="the model in force; `prior` where none is learned")
    decided_on: pl.Date = pa.Field(description="day on which it was chosen; its row has the model")
    verdict: pl.String = pa.Field(
        isin=[verdict.value for verdict in Verdict], description="what was decided on D"
    )
    model: pl.String = pa.Field(nullable=True, description="the model in force, as JSON")
    challenger_id: pl.String = pa.Field(nullable=True, description="the model that was tried on D")
    examples: pl.Int64 = pa.Field(
        metadata=unit("posts and days"),
        nullable=True,
        ge=0,
        description="posts and days learned from",
    )
    positives: pl.Int64 = pa.Field(
        metadata=unit("posts and days"),
        nullable=True,
        ge=0,
        description="those of them that got anything on the next day",
    )
    learned_from: pl.Date = pa.Field(nullable=True, description="first day learned from")
    held_out_from: pl.Date = pa.Field(nullable=True, description="first day held out")
    held_out_to: pl.Date = pa.Field(nullable=True, description="last day held out")
    challenger_ndcg: pl.Float64 = _quality("NDCG@100 of the challenger", "ratio")
    champion_ndcg: pl.Float64 = _quality("NDCG@100 of the champion", "ratio")
    prior_ndcg: pl.Float64 = _quality("NDCG@100 of the prior", "ratio")
    challenger_spearman: pl.Float64 = _quality(
        "Spearman's correlation of the challenger", "coefficient"
    )
    champion_spearman: pl.Float64 = _quality(
        "Spearman's correlation of the champion", "coefficient"
    )
    prior_spearman: pl.Float64 = _quality("Spearman's correlation of the prior", "coefficient")
    challenger_deviance: pl.Float64 = _quality("deviance of the challenger", "Tweedie deviance")
    champion_deviance: pl.Float64 = _quality("deviance of the champion", "Tweedie deviance")
    prior_deviance: pl.Float64 = _quality("deviance of the prior", "Tweedie deviance")
    code_version: pl.String = pa.Field(nullable=True, description="version of what learned it")

    @pa.check("date", error="a day has one model")
    def grain_is_unique(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a second row of a day."""
        return rows.lazyframe.select(pl.col("date").is_unique())

    @pa.check("model", error="a day on which a model was chosen holds it, and no other does")
    def chosen_models_are_kept(cls, rows: pa.PolarsData) -> pl.LazyFrame:
        """Refuse a choice without its model, and a model without a choice."""
        is_choice = pl.col("decided_on") == pl.col("date")
        return rows.lazyframe.select(is_choice == pl.col("model").is_not_null())
