"""Ways to put posts in order without learning, each as others use it: what a score has to beat.

Each is an expression over rows of `backtest_inputs.in_likes`. w is the weighted engagement that a
post got from its audience in the 30 days that end with D, coordinated events left out, in LIKEs;
age the time from its creation to the end of D; an event of an hour is taken to have happened at the
end of that hour. Where a formula has no meaning below zero (likes taken back), w is taken as 0.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

SECONDS_PER_HOUR = 3_600
GRAVITY = 1.8
REDDIT_SECONDS = 45_000


def hacker_news() -> pl.Expr:
    """w^0.8 / (age in hours + 2)^1.8."""
    return _earned() ** 0.8 / (_age_hours() + 2) ** GRAVITY


def reddit_hot() -> pl.Expr:
    """sign(w) * log10(max(|w|, 1)) - age in seconds / 45,000."""
    weight = pl.col("weighted")
    order = weight.abs().clip(lower_bound=1).log10()
    return weight.sign() * order - pl.col("age_s") / REDDIT_SECONDS


def mastodon_trends() -> pl.Expr:
    """Halved every hour: w * 0.5^(age in hours)."""
    return _earned() * (_age_hours() * -math.log(2)).exp()


def lemmy_active() -> pl.Expr:
    """10,000 * log10(max(1, 3 + w)) / (age in hours + 2)^1.8."""
    order = (pl.col("weighted") + 3).clip(lower_bound=1).log10()
    return order * 10_000 / (_age_hours() + 2) ** GRAVITY


def newest_first() -> pl.Expr:
    """Minus the age: the younger, the better, whatever it got."""
    return -pl.col("age_s")


def decayed_count() -> pl.Expr:
    """Sum over events of weight * 0.5^(hours since the event / 24)."""
    return pl.col("decayed")


def last_6_hours() -> pl.Expr:
    """Weighted engagement of the last 6 hours of D."""
    return pl.col("last_hours")


def last_24_hours() -> pl.Expr:
    """Weighted engagement of D."""
    return pl.col("last_day")


def total_weight() -> pl.Expr:
    """All there is: w."""
    return pl.col("weighted")


@dataclass(frozen=True, slots=True)
class Heuristic:
    """A way to order posts, by its name for people."""

    name: str
    formula: str
    expression: pl.Expr


def _named(name: str, heuristic: Callable[[], pl.Expr]) -> Heuristic:
    return Heuristic(name, (heuristic.__doc__ or "").removesuffix("."), heuristic())


def _age_hours() -> pl.Expr:
    return pl.col("age_s") / SECONDS_PER_HOUR


def _earned() -> pl.Expr:
    return pl.col("weighted").clip(lower_bound=0)


HEURISTICS = (
    _named("Hacker News", hacker_news),
    _named("Reddit hot", reddit_hot),
    _named("Mastodon trends", mastodon_trends),
    _named("Lemmy active", lemmy_active),
    _named("newest first", newest_first),
    _named("decayed count", decayed_count),
    _named("last 6 hours", last_6_hours),
    _named("last 24 hours", last_24_hours),
    _named("total weight", total_weight),
)
