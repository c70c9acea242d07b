"""The published numbers against each other: lake, `user_analytics` and `system_metrics`."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import narwhals as nw
import polars as pl
import psycopg

from assets.quality.books import read_bookings, read_manifests
from assets.quality.creator_numbers import (
    CHECK,
    compare_creator_numbers,
    stage_lake_rows,
    sum_creator_numbers,
)
from assets.quality.findings import Finding, about, merge_quiet
from assets.quality.lake_files import describe_damage
from assets.quality.platform_numbers import Events, compare_platform_numbers, read_days
from assets.resources.day_chunks import chunks_that_fit
from assets.resources.engine import PolarsEngine, run
from assets.resources.inspection import inspect_partition
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from schema.errors import CorruptPartitionError
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.user_analytics import UserAnalytics
from schema.windows import DayRange

TABLES = ("user_analytics", "post_engagement_daily", "system_metrics")
# One transaction is open for so many days, and their rows of `user_analytics` are in memory.
CHUNK_DAYS = 31
MOST_ROWS = 5_000_000


def reconcile_analytics(
    postgres: Postgres, lake: Lake, days: DayRange, *, damaged: Collection[date] = ()
) -> list[Finding]:
    """Compare the published numbers of the days with each other, to the last unit.

    - `user_analytics` in PostgreSQL, row by row, with that in the lake: rows of accounts deleted
      since are explained, `deleted accounts`.
    - `user_analytics` in the lake with the events of `post_engagement_daily`.
    - `system_metrics` with these events and with the follows of `user_analytics`. Where
      PostgreSQL's `user_analytics` does not sum to the same, deleted accounts explain it, or the
      finding about `user_analytics` that tells the difference already.

    Every difference alarms in one finding only. A day takes part when ledger and lake agree on what
    was published of all three tables and their files are whole: the others are for `compare_books`
    and `verify_lake_files` to tell, and are counted as `not comparable`, like the `damaged` ones.

    Raises:
        DatabaseUnavailableError: PostgreSQL cannot be asked.
        CorruptPartitionError: a file of another day cannot be read although it has its size.
    """
    compared, findings = 0, []
    for chunk in chunks_that_fit(
        lake, ["user_analytics"], days, most_rows=MOST_ROWS, most_days=CHUNK_DAYS
    ):
        comparable, found = _reconcile(postgres, lake, chunk, damaged)
        compared += len(comparable)
        findings += found
    return merge_quiet([_describe_days(days, compared), *findings])


def damaged_days(findings: Sequence[Finding]) -> set[date]:
    """Days of which `verify_lake_files` found a file damaged that is read here."""
    mine = (finding for table in TABLES for finding in about(findings, table))
    return {finding.day for finding in mine if finding.day and finding.is_alarming}


def _reconcile(
    postgres: Postgres, lake: Lake, days: DayRange, damaged: Collection[date]
) -> tuple[list[date], list[Finding]]:
    """The days that take part, and what is found in them."""
    with postgres.session(Role.READER) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        whole = [day for day in comparable_days(connection, lake, days) if day not in damaged]
        with clear_unreadable(lake, whole):
            published = Published(lake, PolarsEngine())
            rows = run(published.scan("user_analytics", UserAnalytics, whole))
            events = count_events(published, whole)
        # The ledger is seen as it was: a day that was published anew meanwhile has another load.
        unchanged = comparable_days(connection, lake, days)
        comparable = [day for day in whole if day in unchanged]
        stage_lake_rows(connection, rows.filter(pl.col("date").is_in(comparable)))
        found = list(compare_creator_numbers(connection, comparable))
        sums = sum_creator_numbers(connection, comparable)
        facts = read_days(connection, comparable, events=events, sums=sums)
        return comparable, [*found, *compare_platform_numbers(facts)]


def comparable_days(connection: psycopg.Connection, lake: Lake, days: DayRange) -> list[date]:
    """Days of which ledger and lake have the same load of each table, with all its files."""
    booked = read_bookings(connection, TABLES, days)
    manifests = read_manifests(lake, booked)
    return [
        day
        for day in days
        if all(
            (manifest := manifests.get((table, day)))
            and manifest.load_id == booked[table, day].load_id
            and not inspect_partition(lake, table, day, with_digests=False)
            for table in TABLES
        )
    ]


def count_events(published: Published, days: Sequence[date]) -> dict[date, Events]:
    """Events per day and type, from the rollup of the lake."""
    rollup = published.scan("post_engagement_daily", PostEngagementDaily, days)
    counted = rollup.group_by("date", "engagement_type").agg(nw.col("events").sum())
    events: dict[date, dict[str, int]] = {day: {} for day in days}
    for day, kind, number in run(counted).iter_rows():
        events[day][kind] = number
    return dict(events)


def _describe_days(days: DayRange, compared: int) -> Finding:
    left_out = len(days) - compared
    explained = {"not comparable": left_out} if left_out else {}
    return Finding(CHECK, "days", days.first, compared=compared, explained=explained)


@contextmanager
def clear_unreadable(lake: Lake, days: Sequence[date]) -> Iterator[None]:
    """Tell a file that no engine can read in one sentence, which names it and its remedy.

    Raises:
        CorruptPartitionError: the lake's files of the days cannot be read.
    """
    try:
        yield
    except pl.exceptions.PolarsError as error:
        damages = (
            damage
            for day in days
            for table in TABLES
            for damage in inspect_partition(lake, table, day, with_digests=True)
        )
        first = next(damages, None)
        raise CorruptPartitionError(
            describe_damage(first, lake.root).advice
            if first
            else f"a file of {' or '.join(TABLES)} of {days[0]} to {days[-1]} cannot be read "
            f"although it is as it was published ({error}): run these days again"
        ) from error
