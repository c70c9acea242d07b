"""Retention by weekly cohorts: who was created in a week, and how many were active weeks later."""

from collections.abc import Iterable
from datetime import date, timedelta

import narwhals as nw
import polars as pl

from assets.resources.lazy_frames import LazyFrame
from reports.creator.model import SMALLEST_GROUP
from reports.overview.facts import COHORTS, DAYS_OF_WEEK

# A share has four decimals, like the metrics.
STEPS = 10_000


def whole_weeks(days: Iterable[date]) -> pl.DataFrame:
    """The days of weeks (`week`, their Monday) of which every day is among these.

    A week that lacks a day would count less than there was.
    """
    dates = pl.DataFrame({"date": sorted(set(days))}, schema={"date": pl.Date})
    week = pl.col("date").dt.truncate("1w").alias("week")
    return dates.with_columns(week).filter(pl.len().over("week") == DAYS_OF_WEEK)


def monday_of(day: date) -> date:
    """First day of the day's week."""
    return day - timedelta(days=day.weekday())


def cohort_sizes(users: LazyFrame, weeks: LazyFrame) -> LazyFrame:
    """Accounts created in each week: `cohort`, `accounts`."""
    return _cohorts(users, weeks).group_by("cohort").agg(accounts=nw.len().cast(nw.Int64))


def active_later(
    users: LazyFrame, activity: LazyFrame, created: LazyFrame, seen: LazyFrame
) -> LazyFrame:
    """Accounts of each cohort that were active in each later week: `cohort`, `week`, `active`.

    `created` and `seen` are the whole weeks of the accounts and of the activity. Weeks in which
    nobody of a cohort was active are not there.
    """
    visits = activity.join(seen, on="date").select("user_id", "week").unique()
    returned = _cohorts(users, created).join(visits, on="user_id")
    return (
        returned.filter(nw.col("week") > nw.col("cohort"))
        .group_by("cohort", "week")
        .agg(active=nw.len().cast(nw.Int64))
    )


def retention_triangle(
    sizes: pl.DataFrame, active: pl.DataFrame, weeks: pl.DataFrame
) -> pl.DataFrame:
    """One row per cohort and later whole week (COHORTS); a week without anybody active has 0.

    A week of the activity that is not whole has no row. Shares are rounded half up.
    """
    seen = weeks.select("week").unique()
    cells = sizes.join(seen, how="cross").filter(pl.col("week") > pl.col("cohort"))
    steps = (2 * STEPS * pl.col("active") + pl.col("accounts")) // (2 * pl.col("accounts"))
    return (
        cells.join(active, on=["cohort", "week"], how="left")
        .with_columns(
            pl.col("active").fill_null(0),
            weeks_later=(pl.col("week") - pl.col("cohort")).dt.total_days() // DAYS_OF_WEEK,
        )
        .with_columns(share=steps.cast(pl.Decimal(9, 4)) / pl.lit(STEPS).cast(pl.Decimal(9, 4)))
        .select(pl.col(name).cast(dtype) for name, dtype in COHORTS.items())
        .sort("cohort", "weeks_later")
    )


def large_enough(sizes: pl.DataFrame) -> pl.DataFrame:
    """Cohorts of at least SMALLEST_GROUP accounts: of fewer, nothing is shown."""
    return sizes.filter(pl.col("accounts") >= SMALLEST_GROUP)


def _cohorts(users: LazyFrame, weeks: LazyFrame) -> LazyFrame:
    # Whose creation moved to another day is still in the partition of the earlier one.
    accounts = users.group_by("id").agg(nw.col("date").max())
    return accounts.join(weeks, on="date").select(user_id=nw.col("id"), cohort=nw.col("week"))
