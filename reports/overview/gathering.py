"""Reads what an overview shows: from the lake's published days, and from the pipeline's books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import psycopg

from assets.quality.published_volumes import PublishedVolumes
from assets.quality.volume import judge_volumes
from assets.quality.volume_checks import EVENT_SIZES
from assets.quality.volume_report import unusual_days
from assets.resources.engine import run
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from assets.resources.whole_days import newest_whole
from reports.overview.cohorts import (
    active_later,
    cohort_sizes,
    large_enough,
    monday_of,
    retention_triangle,
    whole_weeks,
)
from reports.overview.day_states import judge_days
from reports.overview.facts import (
    BOOKINGS,
    DAYS_OF_WEEK,
    METRICS,
    RESTATED_METRICS,
    RESTATEMENTS,
    SERIES_BREAKS,
    SOURCE_CHANGES,
    UNUSUAL,
    WEEKS_COMPARED,
    PlatformFacts,
)
from schema.sql import load_sql
from schema.tables.columns import Contract
from schema.tables.highlighted_posts import HighlightedPosts
from schema.tables.popular_posts import PopularPosts
from schema.tables.system_metrics import SystemMetrics
from schema.tables.user_activity import UserActivity
from schema.tables.users import Users
from schema.windows import ONE_DAY, DayRange

DEFAULT_DAYS = 90
NUMBERS = "system_metrics"
BOOKS: Mapping[str, Mapping[str, pl.DataType]] = {
    "bookings": BOOKINGS,
    "restatements": RESTATEMENTS,
    "restated_metrics": RESTATED_METRICS,
    "source_changes": SOURCE_CHANGES,
    "series_breaks": SERIES_BREAKS,
}


def choose_days(lake: Lake, first: date | None, last: date | None, *, today: date) -> DayRange:
    """The days asked for; by default the newest 90 of those that have numbers.

    The newest day is one that had ended when it was read, if there is any: half a day beside whole
    ones misleads. Without any published day it is yesterday.

    Raises:
        UsageError: the range ends before it starts.
    """
    published = lake.published_days(NUMBERS)
    end = last or newest_whole(lake, NUMBERS) or today - ONE_DAY
    if first is not None:
        return DayRange(first, end)
    shown = [day for day in published if end - timedelta(days=DEFAULT_DAYS) < day <= end]
    return DayRange(shown[0] if shown else end, end)


def gather_facts(
    published: Published, postgres: Postgres, days: DayRange, checks: pl.DataFrame
) -> PlatformFacts:
    """Read and count everything that the overview of the days shows.

    Raises:
        CorruptPartitionError: a file of the lake is missing or changed.
        DatabaseUnavailableError: the books cannot be read.
    """
    tables = PublishedTables(published)
    metrics = tables.read(NUMBERS, SystemMetrics, days.preceded_by(DAYS_OF_WEEK * WEEKS_COMPARED))
    books = _read_books(postgres, days)
    cohorts, small = tables.cohorts(days)
    return PlatformFacts(
        days=days,
        metrics=metrics.select(METRICS.keys()).sort("date", "metric_name", "tags"),
        states=judge_days(books.pop("bookings"), metrics, days),
        cohorts=cohorts,
        small_cohorts=small,
        popular=tables.newest("popular_posts", PopularPosts, days).sort("rank"),
        highlighted=tables.newest("highlighted_posts", HighlightedPosts, days).sort("list", "rank"),
        unusual=_unusual(postgres, days),
        checks=checks,
        **books,
    )


@dataclass(frozen=True, slots=True)
class PublishedTables:
    """The published days of tables; days without are left out, not refused."""

    published: Published

    def days_of(self, table: str, days: DayRange) -> list[date]:
        """Days of the range that the table has published."""
        return [day for day in self.published.lake.published_days(table) if day in days]

    def read(self, table: str, contract: type[Contract], days: DayRange) -> pl.DataFrame:
        """Rows of a small table."""
        return run(self.published.scan(table, contract, self.days_of(table, days)))

    def newest(self, table: str, contract: type[Contract], days: DayRange) -> pl.DataFrame:
        """Rows of its newest day in the range."""
        return run(self.published.scan(table, contract, self.days_of(table, days)[-1:]))

    def cohorts(self, days: DayRange) -> tuple[pl.DataFrame, int]:
        """The retention triangle of the weeks, and how many cohorts are too small to be shown."""
        span = DayRange(monday_of(days.first), days.last)
        created = whole_weeks(self.days_of("users", span))
        seen = whole_weeks(self.days_of("user_activity", span))
        engine = self.published.engine
        users = self.published.scan("users", Users, created["date"])
        sizes = run(cohort_sizes(users, engine.lazy(created)))
        shown = large_enough(sizes)
        activity = self.published.scan("user_activity", UserActivity, seen["date"])
        active = run(active_later(users, activity, engine.lazy(created), engine.lazy(seen)))
        return retention_triangle(shown, active, seen), sizes.height - shown.height


def _read_books(postgres: Postgres, days: DayRange) -> dict[str, pl.DataFrame]:
    with postgres.session(Role.READER) as connection:
        return {name: _read_book(connection, name, days) for name in BOOKS}


def _read_book(connection: psycopg.Connection, name: str, days: DayRange) -> pl.DataFrame:
    facts = {"first": days.first, "last": days.last}
    rows = connection.execute(load_sql(__package__, f"select_{name}"), facts).fetchall()
    return pl.DataFrame(rows, schema=dict(BOOKS[name]), orient="row")


def _unusual(postgres: Postgres, days: DayRange) -> pl.DataFrame:
    volumes = PublishedVolumes(postgres).headlines(days)
    unusual = unusual_days(judge_volumes(volumes, days, event_sizes=EVENT_SIZES))
    return unusual.select(pl.col(name).cast(dtype) for name, dtype in UNUSUAL.items())
