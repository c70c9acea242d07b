from collections.abc import Callable
from datetime import date
from typing import Any

import narwhals as nw
import polars as pl

from assets.ranking.scored_days import look_back
from schema.windows import DayRange, start_of

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 3, day) for day in (23, 24, 25, 26))
NO_ROWS = pl.DataFrame(schema={"date": pl.Date})


def test_each_day_is_paired_with_the_days_it_looks_back_on(
    lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]],
) -> None:
    pairs = look_back(lazy(NO_ROWS), DayRange(TUESDAY, WEDNESDAY), width=2)

    rows = pairs.sort("scored_on", "age").collect("polars").to_native()

    assert rows.select("scored_on", "date", "age").rows() == [
        (TUESDAY, TUESDAY, 0),
        (TUESDAY, MONDAY, 1),
        (WEDNESDAY, WEDNESDAY, 0),
        (WEDNESDAY, TUESDAY, 1),
    ]
    windows = rows.filter(pl.col("age") == 0).select("opens_at", "ends_at")
    assert windows.rows() == [
        (start_of(MONDAY), start_of(WEDNESDAY)),
        (start_of(TUESDAY), start_of(THURSDAY)),
    ]


def test_looking_back_reads_no_row_of_the_table_that_it_is_for(
    lazy: Callable[[pl.DataFrame], nw.LazyFrame[Any]],
) -> None:
    unreadable = lazy(pl.DataFrame({"events": ["many"]})).filter(
        nw.col("events").cast(nw.Int64) > 0
    )

    pairs = look_back(unreadable, DayRange(TUESDAY, WEDNESDAY), width=2)

    assert len(pairs.collect("polars").to_native()) == 4
