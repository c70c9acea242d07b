"""Engagement per impression, shrunken by a Beta prior that is fitted to the day's posts."""

import polars as pl

from assets.ranking.engagement_shape import KINDS, kind_name
from schema.vocabulary import EngagementType

# A prior is worth at least one and at most this many impressions.
MOST_IMPRESSIONS = 1_000.0
RESPONSES = [kind for kind in KINDS if kind != EngagementType.VIEW]
RATE_PRIORS = ["rate_mean", "rate_mean_day", "rate_strength", "rate_strength_day"]


def with_rate_priors(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `RATE_PRIORS`, by moments from the posts' own rates: what each date's rates shrink to.

    Means are null on a date on which nothing was viewed.
    """
    return posts.with_columns(
        rate_mean=_mean(of_day=False),
        rate_mean_day=_mean(of_day=True),
        rate_strength=_strength(of_day=False),
        rate_strength_day=_strength(of_day=True),
    )


def with_engagement_rates(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `engagement_rate` of 30 days and `engagement_rate_day`, from `RATE_PRIORS`.

    A post that nobody viewed has the mean of the date; null where nothing was viewed.
    """
    return posts.with_columns(
        engagement_rate=_shrunken_rate(of_day=False),
        engagement_rate_day=_shrunken_rate(of_day=True),
    )


def _shrunken_rate(*, of_day: bool) -> pl.Expr:
    mean, strength = (
        pl.col(f"rate_{name}{'_day' if of_day else ''}") for name in ("mean", "strength")
    )
    return (_responses(of_day=of_day) + mean * strength) / (_views(of_day=of_day) + strength)


def _views(*, of_day: bool) -> pl.Expr:
    return pl.col(kind_name(EngagementType.VIEW, of_day=of_day))


def _responses(*, of_day: bool) -> pl.Expr:
    """Answers, no more than one an impression."""
    answered = pl.sum_horizontal(kind_name(kind, of_day=of_day) for kind in RESPONSES)
    return pl.min_horizontal(answered, _views(of_day=of_day))


def _mean(*, of_day: bool) -> pl.Expr:
    responses, views = _responses(of_day=of_day), _views(of_day=of_day)
    return (responses.sum().over("date") / views.sum().over("date")).fill_nan(None)


def _strength(*, of_day: bool) -> pl.Expr:
    """Impressions that the prior is worth: the variance of rates beyond chance tells."""
    responses, views, mean = _responses(of_day=of_day), _views(of_day=of_day), _mean(of_day=of_day)
    rate = (responses / views).fill_nan(None)
    spread = (views * (rate - mean) ** 2).sum().over("date") / views.sum().over("date")
    shown = (views > 0).sum().over("date")
    chance = mean * (1 - mean) * shown / views.sum().over("date")
    explained = (mean * (1 - mean) / (spread - chance) - 1).fill_nan(None)
    strength = pl.when(spread > chance).then(explained).otherwise(MOST_IMPRESSIONS)
    return strength.clip(1, MOST_IMPRESSIONS)
