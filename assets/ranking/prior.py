"""The score without learning: a daily rate of weighted engagement that halves every day."""

from decimal import Decimal
from functools import reduce

import narwhals as nw

from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from schema.tables.post_scores import MAX_SCORE
from schema.vocabulary import EngagementType
from schema.windows import DayRange

# Beyond 30 days an event would weigh less than 2^-30: nothing that a hundredth could show.
WINDOW_DAYS = 30

# Hundredths of a LIKE.
WEIGHTS = {
    EngagementType.VIEW: 5,
    EngagementType.CLICK: 80,
    EngagementType.LIKE: 100,
    EngagementType.SAVE: 200,
    EngagementType.SHARE: 300,
    EngagementType.COMMENT: 1_000,
}
MAX_HUNDREDTHS = int(MAX_SCORE * 100)
HUNDREDTH = Decimal("0.01")


def expect_engagement(post_engagement: Rows, *, days: DayRange) -> Rows:
    """Expect of each post engaged with in the 30 days that end with D the rate it has had lately.

    One row per (date, post_id): `expected` and, of it, `expected_from_day`, in LIKEs.
    All in integers, so that engines, row orders and ranges of days cannot differ.
    """
    seen = post_engagement.filter(is_looked_back_on(days, width=WINDOW_DAYS))
    windows = look_back(post_engagement, days, width=WINDOW_DAYS)
    rates = _weigh(seen).join(windows, on="date")
    shares = rates.select(
        "post_id",
        date="scored_on",
        share=nw.col("weighted") // _halvings(),
        share_of_day=nw.when(nw.col("age") == 0).then(nw.col("weighted") // 2).otherwise(0),
    )
    totals = shares.group_by("date", "post_id").agg(nw.col("share", "share_of_day").sum())
    hundredths = totals.select(
        "date", "post_id", total=_to_hundredths("share"), of_day=_to_hundredths("share_of_day")
    )
    return hundredths.select(
        "date",
        "post_id",
        expected=_to_likes(nw.col("total")),
        expected_from_day=_to_likes(nw.min_horizontal("total", "of_day")),
    )


def _weigh(post_engagement: Rows) -> Rows:
    """Sum a day's engagement by others, in 1/10,000 of a LIKE."""
    of_type = post_engagement.select(
        "date", "post_id", weighted=_weight() * nw.col("audience_value")
    )
    summed = of_type.group_by("date", "post_id").agg(nw.col("weighted").sum())
    return summed.with_columns(nw.col("weighted").cast(nw.Int64))


def _weight() -> nw.Expr:
    kind = nw.col("engagement_type")
    return reduce(
        lambda rest, item: nw.when(kind == item[0].value).then(nw.lit(item[1])).otherwise(rest),
        WEIGHTS.items(),
        nw.lit(None, nw.Int64),
    )


def _halvings() -> nw.Expr:
    ages = range(WINDOW_DAYS)
    divisors = [2 ** (age + 1) for age in ages]
    return nw.col("age").replace_strict(ages, divisors, default=None, return_dtype=nw.Int64)


def _to_hundredths(name: str) -> nw.Expr:
    """Round half up; engagement taken back can sum below nothing, which no post is expected."""
    rounded = (nw.col(name).cast(nw.Int64) + 50) // 100
    return rounded.clip(0, MAX_HUNDREDTHS)


def _to_likes(hundredths: nw.Expr) -> nw.Expr:
    return (hundredths * nw.lit(HUNDREDTH)).cast(nw.Decimal(10, 2))
