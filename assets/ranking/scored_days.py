"""Days that are scored, joined to the days they look back on, in the engine of the input."""

from datetime import timedelta
from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from assets.resources.engine import beside
from schema.windows import ONE_DAY, DayRange

Rows: TypeAlias = nw.LazyFrame[Any]


def look_back(frame: Rows, days: DayRange, *, width: int) -> Rows:
    """Pair each day with itself and the days before it, `width` days in all.

    Columns: `scored_on`, `date` looked back on, `age` in days, and the window as instants
    `[opens_at, ends_at)`. The engine is that of the frame.
    """
    return beside(frame, _windows(days, width))


def is_looked_back_on(days: DayRange, *, width: int) -> nw.Expr:
    """Whether any of the days looks back on the row's `date`."""
    seen = days.preceded_by(width - 1)
    return (nw.col("date") >= nw.lit(seen.first)) & (nw.col("date") <= nw.lit(seen.last))


def _windows(days: DayRange, width: int) -> pl.DataFrame:
    rows = [(day, day - timedelta(days=age), age) for day in days for age in range(width)]
    names = {"scored_on": pl.Date(), "date": pl.Date(), "age": pl.Int32()}
    start = pl.col("scored_on").cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        opens_at=start - timedelta(days=width - 1), ends_at=start + ONE_DAY
    )
