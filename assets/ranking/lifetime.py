"""How a post's engagement is spread over its life."""

import polars as pl

# At six hours half of what a post will ever get has come: heavy-tailed, as attention is.
HALF_LIFE_HOURS = 6.0
HORIZON_HOURS = 24


def share_by_age(age_hours: pl.Expr) -> pl.Expr:
    """Share of a lifetime's engagement that has come by an age: age / (age + 6 h)."""
    return age_hours / (age_hours + HALF_LIFE_HOURS)


def share_of_next_day(age_hours: pl.Expr) -> pl.Expr:
    """Share that comes in the 24 hours after an age."""
    return share_by_age(age_hours + HORIZON_HOURS) - share_by_age(age_hours)


def share_of_last_day(age_hours: pl.Expr) -> pl.Expr:
    """Share that came in the 24 hours before an age."""
    return share_by_age(age_hours) - share_by_age((age_hours - HORIZON_HOURS).clip(0))
