"""How the audience's engagement with each post is spread over the 30 days before a day's end."""

from collections.abc import Iterator

import narwhals as nw

from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from assets.ranking.weights import weight_of_type
from schema.vocabulary import EngagementType
from schema.windows import DayRange

WINDOW_DAYS = 30
HOURS_OF_DAY = 24
# Hours before the end of the day: each bin is (after, up to and with), the first hour is 1.
BINS = [(0, 1), (1, 2), (2, 3), (3, 6), (6, 12), (12, 24), (24, 48), (48, 72), (72, 168)]
BINS += [(168, 336), (336, 720)]
BINS_OF_DAY = [hours for hours in BINS if hours[1] <= HOURS_OF_DAY]
KINDS = [kind.value for kind in EngagementType]


def weight_name(hours: tuple[int, int]) -> str:
    """Column of the weight in a bin."""
    return f"weight_{hours[1]}h"


def events_name(hours: tuple[int, int]) -> str:
    """Column of the events in a bin."""
    return f"events_{hours[1]}h"


def kind_name(kind: str, *, of_day: bool) -> str:
    """Column of the events of a type, on the day or in all 30 days."""
    return f"{kind.lower()}_{'day' if of_day else 'all'}"


def summarize_shape(hourly: Rows, *, days: DayRange) -> Rows:
    """One row per (date, post_id) engaged with in the 30 days that end with the date.

    All in integers, so that engines and row orders cannot differ: events, and weights in 1/10,000
    of a LIKE. Coordinated events are left out of both and counted apart.
    """
    seen = hourly.filter(is_looked_back_on(days, width=WINDOW_DAYS))
    windows = look_back(hourly, days, width=WINDOW_DAYS).select("date", "age", "scored_on")
    weight = weight_of_type()
    rows = seen.join(windows, on="date").select(
        "post_id",
        "engagement_type",
        date="scored_on",
        hours=nw.col("age") * HOURS_OF_DAY + HOURS_OF_DAY - nw.col("hour"),
        events=nw.col("audience_events") - nw.col("coordinated_events"),
        weight=weight * (nw.col("audience_value") - nw.col("coordinated_value")),
        set_aside=nw.col("coordinated_events"),
        set_aside_weight=weight * nw.col("coordinated_value"),
    )
    return rows.group_by("date", "post_id").agg(*_totals())


def summarize_audience(audience: Rows, *, days: DayRange) -> Rows:
    """One row per (date, post_id): accounts of the day, and summed over the 30 days."""
    seen = audience.filter(is_looked_back_on(days, width=WINDOW_DAYS))
    windows = look_back(audience, days, width=WINDOW_DAYS).select("date", "age", "scored_on")
    honest = nw.col("accounts") - nw.col("coordinated_accounts")
    rows = seen.join(windows, on="date").select(
        "post_id", date="scored_on", accounts=honest, is_day=nw.col("age") == 0
    )
    return rows.group_by("date", "post_id").agg(
        accounts_day=_sum_where(nw.col("is_day"), "accounts"),
        accounts_all=nw.col("accounts").sum().cast(nw.Int64),
    )


def _totals() -> Iterator[nw.Expr]:
    hours = nw.col("hours")
    for after, until in BINS:
        is_in = (hours > after) & (hours <= until)
        yield _sum_where(is_in, "weight").alias(weight_name((after, until)))
        yield _sum_where(is_in, "events").alias(events_name((after, until)))
    of_day = hours <= HOURS_OF_DAY
    for kind in KINDS:
        is_kind = nw.col("engagement_type") == kind
        yield _sum_where(is_kind & of_day, "events").alias(kind_name(kind, of_day=True))
        yield _sum_where(is_kind, "events").alias(kind_name(kind, of_day=False))
    # Of any event, a take-back included: it is a sign of life. A coordinated one is none.
    is_honest = nw.col("events") > 0
    yield _least_where(is_honest, "hours").alias("hours_since_last")
    yield _least_where(is_honest & ~of_day, "hours").alias("hours_since_last_before")
    yield nw.col("set_aside").sum().cast(nw.Int64).alias("coordinated_events")
    yield _sum_where(of_day, "set_aside_weight").alias("coordinated_weight_day")
    yield nw.col("set_aside_weight").sum().cast(nw.Int64).alias("coordinated_weight")


def _sum_where(condition: nw.Expr, column: str) -> nw.Expr:
    return nw.when(condition).then(nw.col(column)).otherwise(0).sum().cast(nw.Int64)


def _least_where(condition: nw.Expr, column: str) -> nw.Expr:
    return nw.when(condition).then(nw.col(column)).otherwise(None).min().cast(nw.Int64)
