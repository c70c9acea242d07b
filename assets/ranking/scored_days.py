"""Days that are scored, joined to the days they look back on, in the engine of the input."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from assets.resources.spark_engine import beside
from schema.windows import ONE_DAY, DayRange, start_of

Rows: TypeAlias = nw.LazyFrame[Any]


def look_back(frame: Rows, days: DayRange, *, width: int) -> Rows:
    """Pair each day with itself and the days before it, `width` days in all.

    Columns: `scored_on`, its position `number` in the range, `date` looked back on, `age` in days,
    and the window as instants `[opens_at, ends_at)`.
    """
    if frame.implementation.is_spark_like():
        return beside(frame, _windows(days, width))
    numbers = range(len(days))
    scored = _rows(frame, "number", numbers)
    ages = _rows(frame, "age", range(width))
    return scored.join(ages, how="cross").select(
        "number",
        "age",
        scored_on=_day_at(nw.col("number"), days.first, numbers),
        date=_day_at(nw.col("number") - nw.col("age"), days.first, range(1 - width, len(days))),
        opens_at=_instant_at(days.first - timedelta(days=width - 1), numbers),
        ends_at=_instant_at(days.first + ONE_DAY, numbers),
    )


def is_looked_back_on(days: DayRange, *, width: int) -> nw.Expr:
    """Whether any of the days looks back on the row's `date`."""
    seen = days.preceded_by(width - 1)
    return (nw.col("date") >= nw.lit(seen.first)) & (nw.col("date") <= nw.lit(seen.last))


def _windows(days: DayRange, width: int) -> pl.DataFrame:
    rows = [
        (number, age, day, day - timedelta(days=age))
        for number, day in enumerate(days)
        for age in range(width)
    ]
    names = {"number": pl.Int32(), "age": pl.Int32(), "scored_on": pl.Date(), "date": pl.Date()}
    start = pl.col("scored_on").cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        opens_at=start - timedelta(days=width - 1), ends_at=start + ONE_DAY
    )


def _rows(frame: Rows, name: str, numbers: Sequence[int]) -> Rows:
    """Make a table of numbers beside `frame`: relations of two DuckDB connections cannot be joined.

    Narwhals' `unpivot` would do as well, but runs on DuckDB's default connection only (2.29).
    """
    one_row = frame.select(nw.len().alias(name))
    listed = one_row.select(nw.lit(list(numbers)).alias(name))
    return listed.explode(name, empty_as_null=False, keep_nulls=False)


def _day_at(number: nw.Expr, first: date, numbers: Sequence[int]) -> nw.Expr:
    days = [first + timedelta(days=n) for n in numbers]
    return number.replace_strict(numbers, days, default=None, return_dtype=nw.Date)


def _instant_at(first: date, numbers: Sequence[int]) -> nw.Expr:
    # Written out: engines disagree about a day's first instant where a session is not in UTC.
    instants: list[datetime] = [start_of(first + timedelta(days=n)) for n in numbers]
    return nw.col("number").replace_strict(numbers, instants, default=None)
