"""What is known of each day: whether it is there, whether it can still change, how late it came."""

import polars as pl

from assets.resources.whole_days import READ
from reports.overview.facts import STATES, VALUE, DayState
from schema.windows import DayRange

NUMBERS = "system_metrics"
ONE_DAY = pl.duration(days=1)


def judge_days(bookings: pl.DataFrame, metrics: pl.DataFrame, days: DayRange) -> pl.DataFrame:
    """One row per day (STATES), oldest first.

    `bookings` are the published partitions of the days, `metrics` their system metrics. A day
    without system metrics is missing; one whose engagement was read before it ended is not whole;
    one with a table that is provisional is provisional.
    `missing_tables` are tables that other days of the range have. `rows` and `lag_seconds` (of the
    last table to be read whole) are what the pipeline says of itself; null where it did not read.
    """
    calendar = pl.DataFrame({"date": pl.Series(list(days), dtype=pl.Date)})
    states = (
        calendar.join(_booked(bookings), on="date", how="left")
        .join(_missing_tables(bookings), on="date", how="left")
        .join(_ingested(metrics), on="date", how="left")
    )
    return states.with_columns(state=_state(), tables=pl.col("tables").fill_null(0)).select(
        pl.col(name).cast(dtype) for name, dtype in STATES.items()
    )


def _booked(bookings: pl.DataFrame) -> pl.DataFrame:
    ended = (pl.col("date") + ONE_DAY).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    is_over = (pl.col("published_at") >= ended).fill_null(value=True)
    return bookings.group_by("date").agg(
        tables=pl.len(),
        has_numbers=(pl.col("table_name") == NUMBERS).any(),
        is_final=pl.col("is_final").fill_null(value=True).all(),
        was_over=is_over.filter(pl.col("table_name") == READ).all(),
    )


def _missing_tables(bookings: pl.DataFrame) -> pl.DataFrame:
    """Names of tables that a day with numbers lacks, and others with numbers have."""
    days = bookings.filter(pl.col("table_name") == NUMBERS).select("date").unique()
    tables = bookings.join(days, on="date", how="semi").select("table_name").unique()
    lacking = days.join(tables, how="cross").join(bookings, on=["date", "table_name"], how="anti")
    names = pl.col("table_name").sort().str.join(", ")
    return lacking.group_by("date").agg(missing_tables=names)


def _ingested(metrics: pl.DataFrame) -> pl.DataFrame:
    value, name = pl.col("metric_value"), pl.col("metric_name")
    of_ingest = metrics.filter(name.is_in(["ingest_rows", "ingest_lag_seconds"]))
    return of_ingest.group_by("date").agg(
        rows=value.filter(name == "ingest_rows").sum(),
        lag_seconds=value.filter(name == "ingest_lag_seconds").max().cast(VALUE),
    )


def _state() -> pl.Expr:
    return (
        pl.when(~pl.col("has_numbers").fill_null(value=False))
        .then(pl.lit(DayState.MISSING.value))
        .when(~pl.col("was_over"))
        .then(pl.lit(DayState.NOT_OVER.value))
        .when(~pl.col("is_final"))
        .then(pl.lit(DayState.PROVISIONAL.value))
        .otherwise(pl.lit(DayState.FINAL.value))
    )
