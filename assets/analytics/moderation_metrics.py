"""Moderation cases: how many wait, how many were decided, and how long that took."""

import narwhals as nw

from assets.analytics.distributions import middle_sums
from assets.analytics.rationals import contributions, tagged
from assets.analytics.rows import US_PER_DAY, US_PER_HOUR, Rows, daily, row_count

CONTENT_TYPE = tagged("content_type", nw.col("content_type"))
PER_TYPE = ["day", "content_type"]

START_US = nw.col("day") * US_PER_DAY
END_US = START_US + US_PER_DAY
IS_DECIDED = (nw.col("reviewed_us") >= START_US) & (nw.col("reviewed_us") < END_US)
IS_PENDING = (nw.col("created_us") < END_US) & (
    nw.col("reviewed_us").is_null() | (nw.col("reviewed_us") >= END_US)
)


def moderation_metrics(moderation: Rows) -> list[Rows]:
    """Contributions of `moderation_states`."""
    cases = daily(moderation, "content_type", "created_us", "reviewed_us")
    decided = cases.filter(IS_DECIDED)
    # Nobody knows how long a case without a time of creation took.
    hours = middle_sums(
        decided.filter(~nw.col("created_us").is_null()).with_columns(
            taken_us=nw.col("reviewed_us") - nw.col("created_us")
        ),
        "taken_us",
        by=PER_TYPE,
    )
    return [
        _cases(cases.filter(IS_PENDING), "moderation_pending"),
        _cases(decided, "moderation_decided"),
        contributions(
            hours,
            "moderation_hours_median",
            numerator=nw.col("middle_sum"),
            denominator=nw.lit(2 * US_PER_HOUR),
            tags=CONTENT_TYPE,
        ),
    ]


def _cases(cases: Rows, metric_name: str) -> Rows:
    counted = cases.group_by(*PER_TYPE).agg(cases=row_count())
    return contributions(counted, metric_name, numerator=nw.col("cases"), tags=CONTENT_TYPE)
