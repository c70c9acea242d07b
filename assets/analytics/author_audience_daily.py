"""Which accounts an author's posts reached on a day, and in which hours."""

import narwhals as nw

from assets.analytics.coordination import hour_of_day
from assets.analytics.post_engagement_daily import BY_OTHERS
from assets.analytics.rows import Rows, total

ACCOUNT = ["date", "author_id", "user_id"]
ORDER = tuple(ACCOUNT)
# Which columns make up each column; the day comes from the partition.
SOURCES = {
    "author_id": ["user_engagement.author_id"],
    "user_id": ["user_engagement.user_id"],
    "active_hours": [
        *("user_engagement.author_id", "user_engagement.user_id", "user_engagement.created_at"),
    ],
}
# Hours 0 to 23 are numbers of five binary digits.
DIGITS = 5


def summarize_author_audience(events: Rows) -> Rows:
    """Aggregate `user_engagement` to one row per (date, author_id, user_id) of the audience."""
    hours = events.filter(BY_OTHERS).select(*ACCOUNT, hour=hour_of_day(events))
    # Distinct rows first: each hour counts once, and unlike a distinct count, this spills to disk.
    visited = hours.group_by(*ACCOUNT, "hour").agg().with_columns(bit=_two_to_the("hour"))
    return visited.group_by(*ACCOUNT).agg(active_hours=total("bit")).sort(*ORDER)


def _two_to_the(exponent: str) -> nw.Expr:
    """2 to the power of a small number, in integers: engines know powers of floats only.

    The product of 2^(2^n) over the binary digits n that are set.
    """
    power = nw.lit(1, dtype=nw.Int64)
    for n in range(DIGITS):
        digit = (nw.col(exponent) // 2**n) % 2
        power = power * (digit * (2 ** (2**n) - 1) + 1)
    return power
