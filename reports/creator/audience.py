"""How many accounts a creator's posts reached, who of them came back, and when they are active.

Only counts leave this file, and no count of fewer accounts than SMALLEST_GROUP.
"""

from collections.abc import Mapping
from datetime import date

import narwhals as nw
import polars as pl

from assets.analytics.rows import Rows, epoch_day, row_count, total
from reports.creator.model import HOUR_LEVELS, SMALLEST_GROUP, Audience
from reports.creator.report_days import DAYS_OF_WEEK
from schema.tables.author_audience_daily import HOURS

# 1970-01-01 was a Thursday; Monday is 0.
WEEKDAY_OF_DAY_ZERO = 3


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


def hours_of_day() -> pl.DataFrame:
    """Each UTC hour with what it is worth in `active_hours`."""
    return pl.DataFrame({"hour": range(HOURS), "bit": [2**hour for hour in range(HOURS)]})


def count_hours(visits: Rows, hours: Rows) -> Rows:
    """Distinct accounts per (author_id, weekday, hour) of enough of them; `hours`: all of a day.

    An account counts once, in however many of the weeks it was there.
    """
    weekday = (epoch_day() + WEEKDAY_OF_DAY_ZERO) % DAYS_OF_WEEK
    marks = visits.select("author_id", "user_id", "active_hours", weekday=weekday)
    there = marks.join(hours, how="cross").filter(nw.col("active_hours") // nw.col("bit") % 2 == 1)
    accounts = there.group_by("author_id", "weekday", "hour", "user_id").agg()
    counted = accounts.group_by("author_id", "weekday", "hour").agg(accounts=row_count())
    return counted.filter(nw.col("accounts") >= SMALLEST_GROUP)


def level_hours(hours: pl.DataFrame) -> pl.DataFrame:
    """One row per (author_id, weekday, hour) of `count_hours`, with its `level`.

    The level is the share of the author's busiest hour, in steps of 1 / HOUR_LEVELS, rounded up.
    """
    most = pl.col("accounts").max().over("author_id")
    level = (pl.col("accounts") * HOUR_LEVELS + most - 1) // most
    leveled = hours.select("author_id", "weekday", "hour", level=level)
    return leveled.sort("author_id", "weekday", "hour")


def audience_of(
    reached: int, returning: int | None, hours: Mapping[tuple[int, int], int]
) -> Audience:
    """What may be shown of counts; `returning` is None where nobody knows who was there before."""
    if reached < SMALLEST_GROUP:
        return Audience(hours=hours)
    if returning is None:
        return Audience(reached=reached, knows_returning=False, hours=hours)
    if min(returning, reached - returning) < SMALLEST_GROUP:
        return Audience(reached=reached, hours=hours)
    return Audience(reached, reached - returning, returning, hours=hours)
