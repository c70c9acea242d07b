"""Score of every post that people may engage with tomorrow."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl

from assets.ranking.candidates import COORDINATED
from assets.ranking.candidates import SOURCES as CANDIDATE
from assets.ranking.engagement_shape import HOURS_OF_DAY
from assets.ranking.features import build_features, build_idle_features
from assets.ranking.public_posts import YOUNG_HOURS
from assets.ranking.score_model import PRIOR, Numbers, ScoreModel
from schema.tables.columns import conform, polars_schema
from schema.tables.post_scores import PostScores

HUNDREDTH = Decimal("0.01")
# Which columns make up each column; the day comes from the partition.
LEARNED = (*CANDIDATE, "engagement_models.model", "engagement_models.decided_on")
SOURCES = {
    "post_id": ["post_states.id"],
    "author_id": ["post_states.user_id"],
    "engagement_score": LEARNED,
    "prior_score": CANDIDATE,
    "idle_score": LEARNED,
    "lower_score": LEARNED,
    "upper_score": LEARNED,
    "coordinated_events": COORDINATED,
    "model_id": ["engagement_models.model", "engagement_models.decided_on"],
}


def score_posts(
    candidates: pl.DataFrame,
    models: Mapping[date, ScoreModel],
    *,
    young_only: Collection[date] = (),
) -> pl.DataFrame:
    """Rows of `post_scores` for the candidates, each date by its model; in the order given.

    Of the dates in `young_only`, those of posts that popular posts are chosen from.
    """
    days = candidates.partition_by("date", maintain_order=True)
    scored = [
        _score_day(posts, models[day], young_only=day in young_only)
        for posts, day in ((posts, posts["date"][0]) for posts in days)
    ]
    return pl.concat([pl.DataFrame(schema=polars_schema(PostScores)), *scored])


def _score_day(posts: pl.DataFrame, model: ScoreModel, *, young_only: bool) -> pl.DataFrame:
    features = build_features(posts)
    if young_only:
        is_young = features["age_hours"] <= YOUNG_HOURS
        posts, features = posts.filter(is_young), features.filter(is_young)
    scores = model.score(features)
    lower, upper = model.bounds(scores) or (None, None)
    numbers = {
        "engagement_score": scores,
        "prior_score": PRIOR.score(features),
        "idle_score": _idle_scores(posts, features, model, scores),
        "lower_score": lower,
        "upper_score": upper,
    }
    columns = [in_likes(name, hundredths) for name, hundredths in numbers.items()]
    scored = posts.select("date", "post_id", "author_id", "coordinated_events").with_columns(
        *columns, model_id=pl.lit(model.model_id)
    )
    return conform(scored, PostScores)


def _idle_scores(
    posts: pl.DataFrame, features: pl.DataFrame, model: ScoreModel, scores: Numbers
) -> Numbers:
    """Scores without the day: those of posts that had none are what they are."""
    is_touched = posts.select(_is_touched()).to_series()
    idle = build_idle_features(posts.filter(is_touched), features.filter(is_touched))
    without_day = scores.copy()
    without_day[is_touched.to_numpy()] = model.score(idle)
    return without_day


def _is_touched() -> pl.Expr:
    """Whether anything that the day brought is in the numbers."""
    of_day = pl.col("hours_since_last") <= HOURS_OF_DAY
    return of_day.fill_null(value=False) | (pl.col("accounts_day") > 0)


def in_likes(name: str, hundredths: np.ndarray | None) -> pl.Series | pl.Expr:
    """Exact decimals of two places; null where there is no number."""
    if hundredths is None:
        return pl.lit(None, pl.Decimal(10, 2)).alias(name)
    digits = pl.DataFrame({name: hundredths}).select(pl.col(name).cast(pl.Decimal(20, 0)))
    return digits.select((pl.col(name) * HUNDREDTH).cast(pl.Decimal(10, 2))).to_series()
