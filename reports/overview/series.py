"""Metrics of days side by side: one row per day, one column per number."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

import polars as pl

from schema.metric import UNTAGGED
from schema.metrics import SYSTEM_METRICS
from schema.windows import DayRange

# Units of numbers that may have decimals; all others count something.
UNITS_OF_MEASURES = ("ratio", "coefficient, 0 to 1", "hours", "seconds")
MEASURES = frozenset(metric.name for metric in SYSTEM_METRICS if metric.unit in UNITS_OF_MEASURES)
UNKNOWN = "unknown"

# A column, and the metric and tags that it shows.
Series: TypeAlias = dict[str, tuple[str, str]]


def side_by_side(metrics: pl.DataFrame, days: DayRange, series: Series) -> pl.DataFrame:
    """One row per day of the range, oldest first: `date`, then a column per series.

    A number that was not published, or is absent that day, is null. Counts are whole numbers.
    """
    calendar = pl.DataFrame({"date": pl.Series(list(days), dtype=pl.Date)})
    wanted = pl.DataFrame(
        [(column, name, tags) for column, (name, tags) in series.items()],
        schema={"column": pl.String, "metric_name": pl.String, "tags": pl.String},
        orient="row",
    )
    found = metrics.join(wanted, on=["metric_name", "tags"])
    values = [
        pl.col("metric_value").filter(pl.col("column") == column).first().alias(column)
        for column in series
    ]
    wide = calendar.join(found.group_by("date").agg(values), on="date", how="left").sort("date")
    counts = [column for column, (name, _) in series.items() if name not in MEASURES]
    return wide.with_columns(pl.col(column).cast(pl.Int64) for column in counts)


def untagged(*names: str) -> Series:
    """Metrics that have one number a day, each in a column of its own name."""
    return {name: (name, UNTAGGED) for name in names}


def tagged(metrics: pl.DataFrame, name: str, known: Iterable[str]) -> Series:
    """A column for every value of a metric's tag: the known ones, then others that occur."""
    found = metrics.filter(pl.col("metric_name") == name, pl.col("tags") != UNTAGGED)
    columns = {_value_of(tags): (name, tags) for tags in sorted(found["tags"].unique())}
    (key,) = (metric.tags[0] for metric in SYSTEM_METRICS if metric.name == name)
    expected = {value: (name, _spelled(key, value)) for value in known}
    return expected | {value: source for value, source in columns.items() if value not in expected}


def _value_of(tags: str) -> str:
    (value,) = json.loads(tags).values()
    return UNKNOWN if value is None else str(value)


def _spelled(key: str, value: str) -> str:
    return json.dumps({key: int(value) if value.isdecimal() else value})


def is_blank(frame: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Whether none of the columns has a value on any day."""
    return all(frame[column].null_count() == frame.height for column in columns)


def is_level_at_zero(frame: pl.DataFrame, columns: Sequence[str]) -> bool:
    """Whether no value of the columns differs from zero."""
    return not any((frame[column] != 0).any() for column in columns)


def newest(frame: pl.DataFrame, column: str) -> tuple[date, Decimal | int] | None:
    """The newest day that has the number, and the number."""
    there = frame.filter(pl.col(column).is_not_null())
    return None if there.is_empty() else (there["date"][-1], there[column][-1])


def value_on(frame: pl.DataFrame, column: str, day: date) -> Decimal | int | None:
    """The number of one day; none where there is no such day or number."""
    found = frame.filter(pl.col("date") == day)[column]
    return None if found.is_empty() else found[0]
