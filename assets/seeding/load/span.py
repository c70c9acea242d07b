"""Days of loaded rows: all of them, and those that hold nearly all where a few lie far off."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from schema.windows import DayRange

# A wrong date has few rows, and is far from the others.
ONE_OUTLIER_IN = 100
FAR_OFF = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of created_at, and how the rows lie in them."""

    days: DayRange
    bulk: DayRange
    """Without ends of a row, or of one in a hundred, that make it longer by more than a year."""
    filled: int
    """Days with a row."""
    outside: dict[date, int]
    """Rows outside of the bulk by day, oldest first."""
    rows: int
    undated: int = 0
    """Rows that have the date of the oldest one: they tell nothing of where the others lie."""


def span_of(frames: dict[str, pl.DataFrame], *, undated: int = 0) -> Span | None:
    """The days of all created_at; none where there is no row. Undated ones have the first day."""
    counts = [_counted(frame["created_at"]) for frame in frames.values()]
    daily = pl.concat(counts).group_by("day").agg(pl.col("count").sum()).sort("day")
    if daily.is_empty():
        return None
    days = DayRange(daily["day"][0], daily["day"][-1])
    is_theirs = pl.col("day") == days.first
    dated = daily.with_columns(pl.col("count") - pl.when(is_theirs).then(undated).otherwise(0))
    bulk = _bulk(dated, days)
    outside = daily.filter(~pl.col("day").is_between(bulk.first, bulk.last))
    return Span(days, bulk, daily.height, dict(outside.rows()), int(daily["count"].sum()), undated)


def _counted(moments: pl.Series) -> pl.DataFrame:
    days = moments.drop_nulls().dt.date().alias("day")
    return days.value_counts().cast({"count": pl.Int64})


def _bulk(daily: pl.DataFrame, days: DayRange) -> DayRange:
    most = max(1, int(daily["count"].sum()) // ONE_OUTLIER_IN)
    until, since = pl.col("count").cum_sum(), pl.col("count").cum_sum(reverse=True)
    first = daily.filter(until > most)["day"].min()
    last = daily.filter(since > most)["day"].max()
    if not isinstance(first, date) or not isinstance(last, date) or first > last:
        return days
    return DayRange(
        first if first - days.first > FAR_OFF else days.first,
        last if days.last - last > FAR_OFF else days.last,
    )
