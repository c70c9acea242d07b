"""How the audience's engagement with each post is spread over the 30 days before a day's end."""

from collections.abc import Iterator

import narwhals as nw

from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from assets.ranking.weights import honest_weight, weight_of_type
from schema.vocabulary import EngagementType
from schema.windows import DayRange

WINDOW_DAYS = 30
HOURS_OF_DAY = 24
# Hours before the end of the day: each bin is (after, up to and with), the first hour is 1.
BINS = [(0, 1), (1, 2), (2, 3), (3, 6), (6, 12), (12, 24), (24, 48), (48, 72), (72, 168)]
BINS += [(168, 336), (336, 720)]
BINS_OF_DAY = [hours for hours in BINS if hours[1] <= HOURS_OF_DAY]
KINDS = [kind.value for kind in EngagementType]
KEY = ("date", "post_id")


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
    # By day first: a day is counted once, however many of the dates look back on it.
    by_day = _sum_days(hourly.filter(is_looked_back_on(days, width=WINDOW_DAYS)))
    windows = look_back(hourly, days, width=WINDOW_DAYS).select("date", "age", "scored_on")
    rows = by_day.join(windows, on="date").with_columns(
        hours=nw.col("age") * HOURS_OF_DAY + HOURS_OF_DAY - nw.col("last_hour")
    )
    return rows.drop("date").rename({"scored_on": "date"}).group_by(*KEY).agg(*_totals())


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


def _sum_days(hourly: Rows) -> Rows:
    """One row per day and post: its bins, its types, its last hour with an event."""
    rows = hourly.select(
        *KEY,
        "hour",
        "engagement_type",
        hours=HOURS_OF_DAY - nw.col("hour"),
        events=nw.col("audience_events") - nw.col("coordinated_events"),
        weight=honest_weight(),
        set_aside=nw.col("coordinated_events"),
        set_aside_weight=weight_of_type() * nw.col("coordinated_value"),
    )
    return rows.group_by(*KEY).agg(*_totals_of_day())


def _totals_of_day() -> Iterator[nw.Expr]:
    for name, column in ((weight_name, "weight"), (events_name, "events")):
        yield nw.col(column).sum().cast(nw.Int64)
        for after, until in BINS_OF_DAY:
            is_in = (nw.col("hours") > after) & (nw.col("hours") <= until)
            yield _sum_where(is_in, column).alias(name((after, until)))
    for kind in KINDS:
        yield _sum_where(nw.col("engagement_type") == kind, "events").alias(kind)
    yield nw.col("set_aside", "set_aside_weight").sum().cast(nw.Int64)
    # Events that sum to nothing included: a take-back is a sign of life, too. A burst is none.
    honest = nw.when(nw.col("events") > 0).then(nw.col("hour")).otherwise(None)
    yield honest.max().cast(nw.Int64).alias("last_hour")


def _totals() -> Iterator[nw.Expr]:
    age, is_day = nw.col("age") * HOURS_OF_DAY, nw.col("age") == 0
    for name, column in ((weight_name, "weight"), (events_name, "events")):
        for after, until in BINS:
            is_bin_of_day = until <= HOURS_OF_DAY
            is_in = is_day if is_bin_of_day else (age >= after) & (age < until)
            counted = name((after, until)) if is_bin_of_day else column
            yield _sum_where(is_in, counted).alias(name((after, until)))
    for kind in KINDS:
        yield _sum_where(is_day, kind).alias(kind_name(kind, of_day=True))
        yield nw.col(kind).sum().cast(nw.Int64).alias(kind_name(kind, of_day=False))
    yield nw.col("hours").min().cast(nw.Int64).alias("hours_since_last")
    before = nw.when(~is_day).then(nw.col("hours")).otherwise(None)
    yield before.min().cast(nw.Int64).alias("hours_since_last_before")
    yield nw.col("set_aside").sum().cast(nw.Int64).alias("coordinated_events")
    yield _sum_where(is_day, "set_aside_weight").alias("coordinated_weight_day")
    yield nw.col("set_aside_weight").sum().cast(nw.Int64).alias("coordinated_weight")


def _sum_where(condition: nw.Expr, column: str) -> nw.Expr:
    return nw.when(condition).then(nw.col(column)).otherwise(0).sum().cast(nw.Int64)
