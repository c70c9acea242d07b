"""The score without learning: a shrunken rate that decays as a post ages, and then goes on."""

import polars as pl

from assets.ranking.authors import SHRINKAGE_LIFETIME, WEEK_HOURS
from assets.ranking.lifetime import share_by_age, share_of_last_day, share_of_next_day

PRIOR_PARTS = ["prior_author", "prior_day", "prior_earlier"]
WEEK_DAYS = WEEK_HOURS // 24
# Days of nothing that what an old post got is shrunken by: the many that got one LIKE would stand
# above new posts.
SHRINKAGE_DAYS = 9


def with_prior(posts: pl.DataFrame) -> pl.DataFrame:
    """Add `prior` and the three parts that sum to it, in LIKEs expected in the next 24 hours.

    `per_like_of_day` and `per_like_earlier` are what a LIKE more of the day, or of the six days
    before, would add.

    A young post is taken to receive lifetime engagement as a Poisson stream whose mean has a Gamma
    prior: its author's mean, worth 0.3 lifetimes. What it got so far updates that, once by all
    30 days and once by the last day alone; the score is the mean of both, times the share of a
    lifetime that the next day brings. A post of two weeks and more is taken to go on as it does,
    whatever its age: the mean of a day by the last week and of the last day, each after 9 days of
    nothing. In the week between, one gives way to the other. More engagement of any type never
    lowers it. See docs/decisions/0010.
    """
    age = pl.col("age_hours")
    old = ((age - WEEK_HOURS) / WEEK_HOURS).clip(0, 1)
    next_day = (1 - old) * share_of_next_day(age) / 2
    by_all = next_day / (share_by_age(age) + SHRINKAGE_LIFETIME)
    by_day = next_day / (share_of_last_day(age) + SHRINKAGE_LIFETIME)
    on_by_week = old / 2 / (WEEK_DAYS + SHRINKAGE_DAYS)
    on_by_day = old / 2 / (1 + SHRINKAGE_DAYS)
    all_days, week, day = (
        pl.col(name).clip(0) for name in ("weight", "weight_last_168h", "weight_day")
    )
    parts = posts.with_columns(
        per_like_of_day=by_all + by_day + on_by_week + on_by_day,
        per_like_earlier=by_all + on_by_week,
        prior_author=SHRINKAGE_LIFETIME * pl.col("author_lifetime") * (by_all + by_day),
    ).with_columns(
        prior_day=day * pl.col("per_like_of_day"),
        prior_earlier=(all_days - day) * by_all + (week - day) * on_by_week,
    )
    # One after the other: a sum across columns takes them in an order that differs between runs.
    author, of_day, earlier = map(pl.col, PRIOR_PARTS)
    return parts.with_columns(prior=(author + of_day + earlier).clip(0))
