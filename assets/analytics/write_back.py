"""Write computed days back into PostgreSQL: staged, then only what changed, in one transaction."""

from dataclasses import dataclass
from datetime import date

import polars as pl
import psycopg
from psycopg.types.json import Jsonb

from assets.analytics.metric_sources import metric_sources
from assets.resources.copying import copy_frame
from schema.errors import DatabaseUnavailableError
from schema.metrics import SYSTEM_METRICS, metric_versions
from schema.sql import load_sql
from schema.windows import DayRange

METRIC_SOURCES = tuple(metric_sources())


@dataclass(frozen=True, slots=True)
class WriteBack:
    """What a write-back changed.

    Rows set aside are those of users deleted since; restated are numbers that had been published.
    """

    staged: int
    written: int
    removed: int
    set_aside: int
    restated: int = 0


def write_user_analytics(
    connection: psycopg.Connection, rows: pl.DataFrame, days: DayRange, run_id: str
) -> WriteBack:
    """Make `user_analytics` of the days equal to the rows, in the open transaction.

    Raises:
        DatabaseUnavailableError: a user was deleted in that moment; a retry succeeds.
    """
    facts = _facts("user_analytics", days, run_id)
    try:
        return _replace(connection, "user_analytics", rows, facts, writes=("update", "insert"))
    except psycopg.errors.ForeignKeyViolation as error:
        raise DatabaseUnavailableError(
            f"a user was deleted while user_analytics of {days.first} to {days.last} was written: "
            "nothing was; run again"
        ) from error


def write_system_metrics(
    connection: psycopg.Connection, rows: pl.DataFrame, days: DayRange, run_id: str
) -> WriteBack:
    """Make our metrics of the days equal to the rows, in the open transaction."""
    restated, source_tables, window_days = zip(*METRIC_SOURCES, strict=True)
    facts = _facts("system_metrics", days, run_id) | {
        "names": [metric.name for metric in SYSTEM_METRICS],
        "restated": list(restated),
        "source_tables": list(source_tables),
        "window_days": list(window_days),
    }
    return _replace(connection, "system_metrics", rows, facts, writes=("upsert",))


def restated_numbers(
    connection: psycopg.Connection, table: str, days: DayRange, run_id: str
) -> dict[date, int]:
    """How many numbers of each day this run has restated so far."""
    facts = {"table": table, "first": days.first, "last": days.last, "run_id": run_id}
    return dict(
        connection.execute(load_sql(__package__, "count_restated_numbers"), facts).fetchall()
    )


def _facts(table: str, days: DayRange, run_id: str) -> dict[str, object]:
    versions = Jsonb(metric_versions(table))
    return {"first": days.first, "last": days.last, "run_id": run_id, "versions": versions}


def _replace(
    connection: psycopg.Connection,
    table: str,
    rows: pl.DataFrame,
    facts: dict[str, object],
    *,
    writes: tuple[str, ...],
) -> WriteBack:
    connection.execute(load_sql(__package__, f"create_staged_{table}"))
    staged = copy_frame(connection, f"staged_{table}", rows)
    restated = connection.execute(load_sql(__package__, f"insert_restated_{table}"), facts).rowcount
    removed = connection.execute(load_sql(__package__, f"delete_stale_{table}"), facts).rowcount
    written = sum(
        connection.execute(load_sql(__package__, f"{write}_{table}"), facts).rowcount
        for write in writes
    )
    placed = connection.execute(load_sql(__package__, f"count_{table}"), facts).fetchone()
    set_aside = staged - (placed[0] if placed else 0)
    return WriteBack(staged, written, removed, set_aside, restated)
