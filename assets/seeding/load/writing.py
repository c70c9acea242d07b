"""Accepted rows into the platform's tables."""

from collections.abc import Callable
from datetime import date

import polars as pl
import psycopg
from psycopg import sql

from assets.resources.copying import copy_frame
from assets.seeding.bulk import note_bulk_days
from assets.seeding.load.columns import TABLES, USER_ENGAGEMENT
from schema.sql import load_sql

ROWS_PER_COPY = 100_000
"""Foreign keys of a statement are checked at its end from a list in memory: it stays short."""
MOST_MONTHS = 240
"""Twenty years. A table per month is cheap until there are thousands of them: rows of other months,
those with the fewest rows, stay in the default partition, where nothing is lost."""


def write_rows(
    connection: psycopg.Connection,
    frames: dict[str, pl.DataFrame],
    progress: Callable[[str], None],
) -> dict[str, int]:
    """COPY the frames into their tables; return the rows written by table."""
    _ensure_partitions(connection, frames[USER_ENGAGEMENT.name])
    written = {
        table.name: _copy(connection, table.name, frames[table.name], progress) for table in TABLES
    }
    # The first queries come before autovacuum does.
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in TABLES)
    connection.execute(sql.SQL("ANALYZE {}").format(names))
    return written


def months_to_make(moments: pl.Series) -> list[date]:
    """First days of the months that get a partition of their own, oldest first."""
    counted = moments.dt.truncate("1mo").dt.date().alias("month").value_counts()
    largest = counted.sort("count", "month", descending=True).head(MOST_MONTHS)
    return largest["month"].sort().to_list()


def _ensure_partitions(connection: psycopg.Connection, engagement: pl.DataFrame) -> None:
    months = months_to_make(engagement["created_at"])
    connection.execute(load_sql(__package__, "ensure_months"), {"months": months})


def _copy(
    connection: psycopg.Connection, table: str, frame: pl.DataFrame, progress: Callable[[str], None]
) -> int:
    # The schema's own default takes over where no row has a value.
    frame = frame.drop([name for name in frame.columns if frame[name].null_count() == frame.height])
    copied = 0
    for piece in frame.iter_slices(ROWS_PER_COPY):
        copied += copy_frame(connection, table, piece)
        progress(f"loaded {copied:,} of {frame.height:,} rows into {table}")
    note_bulk_days(connection, table, frame)
    return copied
