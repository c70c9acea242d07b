"""How many accounts a creator's posts reached, who of them came back, and when they are active.

Only counts leave this file, and no count of fewer accounts than SMALLEST_GROUP.
"""

from collections.abc import Mapping
from datetime import date

import narwhals as nw
import polars as pl

from assets.analytics.rows import Rows, epoch_day, total
from reports.creator.model import HOUR_LEVELS, SMALLEST_GROUP, Audience
from schema.tables.author_audience_daily import HOURS

# 1970-01-01 was a Thursday; Monday is 0.
WEEKDAY_OF_DAY_ZERO = 3
DAYS_OF_WEEK = 7
HOUR_COLUMNS = {f"hour_{hour}": hour for hour in range(HOURS)}


def count_audience(visits: Rows, *, first: date) -> Rows:
    """Distinct accounts per author: `reached` since a day, `returning` those there before it too.

    `visits` are rows of `author_audience_daily`.
    """
    one, none = nw.lit(1, dtype=nw.Int64), nw.lit(0, dtype=nw.Int64)
    was_there = nw.when(nw.col("date") >= first).then(one).otherwise(none)
    accounts = (
        visits.select("author_id", "user_id", now=was_there, before=1 - was_there)
        .group_by("author_id", "user_id")
        .agg(nw.col("now").max(), nw.col("before").max())
        .select("author_id", "now", returning=nw.col("now") * nw.col("before"))
    )
    return accounts.group_by("author_id").agg(reached=total("now"), returning=total("returning"))


def count_hours(visits: Rows) -> Rows:
    """Distinct accounts per (author_id, weekday), a column for each UTC hour."""
    weekday = (epoch_day() + WEEKDAY_OF_DAY_ZERO) % DAYS_OF_WEEK
    marks = visits.select(
        "author_id",
        "user_id",
        weekday.alias("weekday"),
        *((nw.col("active_hours") // 2**h % 2).alias(name) for name, h in HOUR_COLUMNS.items()),
    )
    # An account counts once, in however many of the weeks it was there.
    accounts = marks.group_by("author_id", "user_id", "weekday").agg(
        *(nw.col(name).max() for name in HOUR_COLUMNS)
    )
    return accounts.group_by("author_id", "weekday").agg(*(total(name) for name in HOUR_COLUMNS))


def level_hours(hours: pl.DataFrame) -> pl.DataFrame:
    """One row per (author_id, weekday, hour) of enough accounts, with its `level`.

    The level is the share of the author's busiest hour, in steps of 1 / HOUR_LEVELS, rounded up.
    """
    long = hours.unpivot(
        on=list(HOUR_COLUMNS),
        index=["author_id", "weekday"],
        variable_name="hour",
        value_name="accounts",
    )
    most = pl.col("accounts").max().over("author_id")
    levels = long.with_columns(
        pl.col("hour").replace_strict(HOUR_COLUMNS, return_dtype=pl.Int64),
        level=(pl.col("accounts") * HOUR_LEVELS + most - 1) // most,
    )
    shown = levels.filter(pl.col("accounts") >= SMALLEST_GROUP)
    return shown.select("author_id", "weekday", "hour", "level").sort(
        "author_id", "weekday", "hour"
    )


def audience_of(
    reached: int, returning: int | None, hours: Mapping[tuple[int, int], int]
) -> Audience:
    """What may be shown of counts; `returning` is None where nobody knows who was there before."""
    if reached < SMALLEST_GROUP:
        return Audience(hours=hours)
    if returning is None or min(returning, reached - returning) < SMALLEST_GROUP:
        return Audience(reached=reached, hours=hours)
    return Audience(reached, reached - returning, returning, hours)
