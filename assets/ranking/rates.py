"""Engagement per impression, shrunken by a Beta prior that is fitted to the day's posts."""

import polars as pl

from assets.ranking.engagement_shape import KINDS, kind_name
from schema.vocabulary import EngagementType

# A prior is worth at least one and at most this many impressions.
MOST_IMPRESSIONS = 1_000.0
RESPONSES = [kind for kind in KINDS if kind != EngagementType.VIEW]


def with_engagement_rates(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `engagement_rate` of 30 days and `engagement_rate_day`; null where nothing was viewed.

    Per date, mean and strength of the prior come from the posts' own rates by moments.
    """
    return posts.with_columns(
        engagement_rate=_shrunken_rate(of_day=False),
        engagement_rate_day=_shrunken_rate(of_day=True),
    )


def _shrunken_rate(*, of_day: bool) -> pl.Expr:
    views = pl.col(kind_name(EngagementType.VIEW, of_day=of_day))
    answered = pl.sum_horizontal(kind_name(kind, of_day=of_day) for kind in RESPONSES)
    responses = pl.min_horizontal(answered, views).clip(0)
    mean = responses.sum().over("date") / views.sum().over("date")
    strength = _strength(responses, views, mean)
    return ((responses + mean * strength) / (views + strength)).fill_nan(None)


def _strength(responses: pl.Expr, views: pl.Expr, mean: pl.Expr) -> pl.Expr:
    """Impressions that the prior is worth: the variance of rates beyond chance tells."""
    rate = (responses / views).fill_nan(None)
    spread = (views * (rate - mean) ** 2).sum().over("date") / views.sum().over("date")
    shown = (views > 0).sum().over("date")
    chance = mean * (1 - mean) * shown / views.sum().over("date")
    explained = (mean * (1 - mean) / (spread - chance) - 1).fill_nan(None)
    strength = pl.when(spread > chance).then(explained).otherwise(MOST_IMPRESSIONS)
    return strength.clip(1, MOST_IMPRESSIONS)
