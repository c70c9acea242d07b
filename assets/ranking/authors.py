"""What an author's posts usually get, at equal age, shrunken towards the platform's."""

import polars as pl

from assets.ranking.lifetime import share_by_age

# Posts' worth of the platform's mean that an author's own history has to outweigh.
SHRINKAGE_POSTS = 3.0
# As much of a lifetime is taken as seen where a post has hardly begun.
SHRINKAGE_LIFETIME = 0.3
WEEK_HOURS = 168


def with_author_history(posts: pl.DataFrame) -> pl.DataFrame:
    """Add what is known of the authors from their other candidate posts of the same date.

    Needs `weight` (LIKEs so far), `weight_day` and `age_hours`. Adds `platform_lifetime` and
    `author_lifetime`: LIKEs a post gets in its life, `author_spread` (of the logarithms),
    `author_posts`, `author_posts_week`, `author_weight_day`, `author_hours_since_last`.
    """
    lived = posts.with_columns(lived=share_by_age(pl.col("age_hours")))
    platform = pl.col("weight").sum().over("date") / (pl.col("lived").sum().over("date") + 1)
    likely = lived.with_columns(platform_lifetime=platform).with_columns(
        # What was taken back has no logarithm, and would leave the author's other posts without.
        lifetime_log=(
            (pl.col("weight") + SHRINKAGE_LIFETIME * pl.col("platform_lifetime")).clip(0)
            / (pl.col("lived") + SHRINKAGE_LIFETIME)
        ).log1p()
    )
    weight, lived_, others = _of_others("weight"), _of_others("lived"), _others()
    log_mean = (_of_others("lifetime_log") / others).fill_nan(None)
    log_square = (_of_author(pl.col("lifetime_log") ** 2) - pl.col("lifetime_log") ** 2) / others
    shrunken = (weight + SHRINKAGE_POSTS * pl.col("platform_lifetime")) / (lived_ + SHRINKAGE_POSTS)
    return likely.with_columns(
        author_lifetime=shrunken.clip(0),
        author_spread=(log_square - log_mean**2).clip(0).sqrt(),
        author_posts=others,
        author_posts_week=_of_author((pl.col("age_hours") <= WEEK_HOURS).cast(pl.Int64)),
        author_weight_day=_of_others("weight_day"),
        author_hours_since_last=pl.col("age_hours").min().over("date", "author_id"),
    ).drop("lifetime_log", "lived")


def _of_author(column: pl.Expr) -> pl.Expr:
    return column.sum().over("date", "author_id")


def _of_others(column: str) -> pl.Expr:
    """Sum over the author's other posts."""
    return _of_author(pl.col(column)) - pl.col(column)


def _others() -> pl.Expr:
    return pl.len().over("date", "author_id").cast(pl.Int64) - 1
