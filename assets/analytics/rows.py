"""The frame type of this package and the few expressions that all of its files speak in."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import narwhals as nw

Rows: TypeAlias = nw.LazyFrame[Any]

EPOCH_ORDINAL = 719_163
US_PER_DAY = 86_400_000_000
US_PER_HOUR = 3_600_000_000
US_PER_MINUTE = 60_000_000
US_PER_SECOND = 1_000_000


def as_is(rows: Rows) -> Rows:
    """Leave it to the engine whether it computes a frame once or once per reader."""
    return rows


def row_count() -> nw.Expr:
    """Rows of the group."""
    return nw.len().cast(nw.Int64)


def total(column: str) -> nw.Expr:
    """Sum of the group as Int64: DuckDB would widen it to a 38-digit decimal."""
    return nw.col(column).sum().cast(nw.Int64)


def matching(condition: nw.Expr) -> nw.Expr:
    """Rows of the group for which the condition holds."""
    return condition.cast(nw.Int64).sum().cast(nw.Int64)


def stackable(rows: Rows, numbers: Sequence[str], *, user: str) -> Rows:
    """Rows per (date, user_id) with all the numbers, 0 where these rows have none."""
    known = rows.collect_schema().names()
    zero = nw.lit(0, dtype=nw.Int64)
    columns = (nw.col(name) if name in known else zero.alias(name) for name in numbers)
    return rows.select("date", nw.col(user).alias("user_id"), *columns)


def epoch_day() -> nw.Expr:
    """Days from 1970-01-01 to `date`, so that days can be subtracted.

    From calendar parts, because date arithmetic has another result type on each engine.
    """
    whole_years = nw.col("date").dt.year().cast(nw.Int64) - 1
    leap_days = whole_years // 4 - whole_years // 100 + whole_years // 400
    day_of_year = nw.col("date").dt.ordinal_day().cast(nw.Int64)
    return whole_years * 365 + leap_days + day_of_year - EPOCH_ORDINAL


def us_of_day(events: Rows) -> nw.Expr:
    """Microseconds since the UTC day began; on DuckDB, the parts of a moment are local ones."""
    return _epoch_us(events, nw.col("created_at")) % US_PER_DAY


def _epoch_us(rows: Rows, moment: nw.Expr) -> nw.Expr:
    # Narwhals has `timestamp` for neither DuckDB nor Spark yet.
    if rows.implementation.is_duckdb():
        # There this is `epoch_us`, whatever the type.
        return moment.dt.total_microseconds()
    if rows.implementation.is_spark_like():
        # A moment as a number is in whole seconds there, rounded down.
        return moment.cast(nw.Int64) * US_PER_SECOND + moment.dt.microsecond() % US_PER_SECOND
    return moment.dt.timestamp("us")


def daily(frame: Rows, *columns: str) -> Rows:
    """The rows with these columns only, and `date` as the integer `day`."""
    return frame.select(*columns, day=epoch_day())
