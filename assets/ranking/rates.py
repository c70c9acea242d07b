"""Engagement per impression, shrunken by a Beta prior that is fitted to the day's posts."""

from collections.abc import Iterator

import polars as pl

from assets.ranking.engagement_shape import KINDS, kind_name
from schema.vocabulary import EngagementType

# A prior is worth at least one and at most this many impressions.
MOST_IMPRESSIONS = 1_000.0
RESPONSES = [kind for kind in KINDS if kind != EngagementType.VIEW]


PRIORS = ["rate_mean", "rate_strength", "rate_day_mean", "rate_day_strength"]


def with_engagement_rates(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `engagement_rate` of 30 days and `engagement_rate_day`; null where nothing was viewed.

    Per date, mean and strength of the prior come from the posts' own rates by moments; they are
    added as well, as `PRIORS`.
    """
    return with_shrunken_rates(posts.with_columns(*_priors(of_day=False), *_priors(of_day=True)))


def with_shrunken_rates(posts: pl.DataFrame) -> pl.DataFrame:
    """Add both rates by priors that are there already."""
    return posts.with_columns(
        engagement_rate=_shrunken_rate(of_day=False),
        engagement_rate_day=_shrunken_rate(of_day=True),
    )


def _shrunken_rate(*, of_day: bool) -> pl.Expr:
    mean, strength = (pl.col(name) for name in _names(of_day=of_day))
    views, responses = _views(of_day=of_day), _responses(of_day=of_day)
    return ((responses + mean * strength) / (views + strength)).fill_nan(None)


def _priors(*, of_day: bool) -> Iterator[pl.Expr]:
    views, responses = _views(of_day=of_day), _responses(of_day=of_day)
    mean = responses.sum().over("date") / views.sum().over("date")
    for name, value in zip(
        _names(of_day=of_day), (mean, _strength(responses, views, mean)), strict=True
    ):
        yield value.alias(name)


def _names(*, of_day: bool) -> list[str]:
    return PRIORS[2:] if of_day else PRIORS[:2]


def _views(*, of_day: bool) -> pl.Expr:
    return pl.col(kind_name(EngagementType.VIEW, of_day=of_day))


def _responses(*, of_day: bool) -> pl.Expr:
    answered = pl.sum_horizontal(kind_name(kind, of_day=of_day) for kind in RESPONSES)
    return pl.min_horizontal(answered, _views(of_day=of_day)).clip(0)


def _strength(responses: pl.Expr, views: pl.Expr, mean: pl.Expr) -> pl.Expr:
    """Impressions that the prior is worth: the variance of rates beyond chance tells."""
    rate = (responses / views).fill_nan(None)
    spread = (views * (rate - mean) ** 2).sum().over("date") / views.sum().over("date")
    shown = (views > 0).sum().over("date")
    chance = mean * (1 - mean) * shown / views.sum().over("date")
    explained = (mean * (1 - mean) / (spread - chance) - 1).fill_nan(None)
    strength = pl.when(spread > chance).then(explained).otherwise(MOST_IMPRESSIONS)
    return strength.clip(1, MOST_IMPRESSIONS)
