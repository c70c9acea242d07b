"""The numbers of creators: day by day, over the period, and what is usual for them."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl

from assets.analytics.rows import Rows, total
from reports.creator.model import ENGAGEMENTS, NUMBERS, ReportPeriod, Usual
from schema.windows import DayRange

COUNTS = (*NUMBERS, *ENGAGEMENTS)
NOTHING = nw.lit(0, dtype=nw.Int64)


def count_by_type(engagement: Rows, *grain: str) -> Rows:
    """Events of `post_engagement_daily` per grain, a column for each type of ENGAGEMENTS."""
    columns = engagement.select(*grain, *(_events_of(kind).alias(kind) for kind in ENGAGEMENTS))
    return columns.group_by(*grain).agg(*(total(kind) for kind in ENGAGEMENTS))


def _events_of(kind: str) -> nw.Expr:
    return nw.when(nw.col("engagement_type") == kind).then(nw.col("events")).otherwise(NOTHING)


def lay_out(
    creators: pl.DataFrame, days: Sequence[date], numbers: pl.DataFrame, types: pl.DataFrame
) -> pl.DataFrame:
    """One row per creator and day with COUNTS, days oldest first; 0 where nothing was counted.

    `numbers` has NUMBERS per (user_id, date), `types` ENGAGEMENTS per (author_id, date).
    """
    calendar = pl.DataFrame({"date": days}, schema={"date": pl.Date})
    by_author = types.rename({"author_id": "user_id"})
    grid = creators.select("user_id").join(calendar, how="cross", maintain_order="left_right")
    counted = grid.join(numbers, on=["user_id", "date"], how="left", maintain_order="left").join(
        by_author, on=["user_id", "date"], how="left", maintain_order="left"
    )
    return counted.select("user_id", "date", pl.col(*COUNTS).fill_null(0))


def list_series(daily: pl.DataFrame) -> pl.DataFrame:
    """One row per creator, each of COUNTS as the list of its days."""
    return daily.group_by("user_id", maintain_order=True).agg(*COUNTS)


def sum_period(daily: pl.DataFrame, period: ReportPeriod) -> pl.DataFrame:
    """One row per creator with the sums of NUMBERS over the period."""
    is_inside = pl.col("date").is_between(period.days.first, period.days.last)
    return daily.group_by("user_id", maintain_order=True).agg(
        pl.col(name).filter(is_inside).sum() for name in NUMBERS
    )


def sum_weeks(
    daily: pl.DataFrame, creators: pl.DataFrame, weeks: Sequence[DayRange], period: ReportPeriod
) -> pl.DataFrame:
    """One row per creator with any whole week: `weeks`, and per number their sum, least and most.

    A week's figure is of the weekdays of the period, each as often as the period has it. Weeks that
    began before the creator's account did are left out.
    """
    figures = (
        daily.join(_calendar(weeks, period), on="date")
        .join(creators.select("user_id", "created_day"), on="user_id")
        .filter(pl.col("created_day") <= pl.col("week"))
        .group_by("user_id", "week")
        .agg((pl.col(name) * pl.col("times")).sum() for name in NUMBERS)
    )
    return figures.group_by("user_id").agg(
        pl.len().alias("weeks"),
        *(pl.col(name).sum().alias(f"{name}_sum") for name in NUMBERS),
        *(pl.col(name).min().alias(f"{name}_lowest") for name in NUMBERS),
        *(pl.col(name).max().alias(f"{name}_highest") for name in NUMBERS),
    )


def _calendar(weeks: Sequence[DayRange], period: ReportPeriod) -> pl.DataFrame:
    """Days of the weeks, with the first one of their week and how often the period has them."""
    weekdays = [day.weekday() for day in period.days]
    rows = [(day, week.first, weekdays.count(day.weekday())) for week in weeks for day in week]
    schema = {"date": pl.Date, "week": pl.Date, "times": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def usual_numbers(row: Mapping[str, Any]) -> dict[str, Usual]:
    """What is usual, of a row of `sum_weeks`."""
    weeks = int(row["weeks"])
    return {
        name: Usual(
            weeks=weeks,
            mean=Fraction(row[f"{name}_sum"], weeks),
            lowest=row[f"{name}_lowest"],
            highest=row[f"{name}_highest"],
        )
        for name in NUMBERS
    }
