"""The score without learning: a shrunken rate that decays as a post ages."""

import polars as pl

from assets.ranking.authors import SHRINKAGE_LIFETIME
from assets.ranking.lifetime import share_by_age, share_of_last_day, share_of_next_day

PRIOR_PARTS = ["prior_author", "prior_day", "prior_earlier"]


def with_prior(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `prior` and the three parts that sum to it, in LIKEs expected in the next 24 hours.

    `per_like_of_day` and `per_like_earlier` are what a LIKE more of each would add.

    A post is taken to receive lifetime engagement as a Poisson stream whose mean has a Gamma prior:
    its author's mean, worth 0.3 lifetimes. What it got so far updates that, once by all 30 days and
    once by the last day alone; the score is the mean of both, times the share of a lifetime that
    the next day brings. More engagement of any type never lowers it. See docs/decisions/0010.
    """
    age = pl.col("age_hours")
    next_day = share_of_next_day(age) / 2
    by_all = next_day / (share_by_age(age) + SHRINKAGE_LIFETIME)
    by_day = next_day / (share_of_last_day(age) + SHRINKAGE_LIFETIME)
    so_far, of_day = pl.col("weight").clip(0), pl.col("weight_day").clip(0)
    rates = posts.with_columns(per_like_of_day=by_all + by_day, per_like_earlier=by_all)
    of_author = SHRINKAGE_LIFETIME * pl.col("author_lifetime")
    parts = rates.with_columns(
        prior_author=of_author * pl.col("per_like_of_day"),
        prior_day=of_day * pl.col("per_like_of_day"),
        prior_earlier=(so_far - of_day) * pl.col("per_like_earlier"),
    )
    return parts.with_columns(prior=pl.sum_horizontal(PRIOR_PARTS).clip(0))
