"""Loads an invented platform into the database: once, in one transaction."""

from collections.abc import Callable
from dataclasses import fields

import polars as pl
import psycopg
from psycopg import sql

from assets.resources.copying import copy_frame
from assets.seeding.bulk import bulk_inserts, note_bulk_days
from assets.seeding.demo.platform import Platform
from schema.errors import UsageError
from schema.sql import load_sql

ROWS_PER_COPY = 100_000
"""Foreign keys of a statement are checked at its end from a list in memory: it stays short."""

Progress = Callable[[str, int], None]


def write_platform(
    connection: psycopg.Connection, platform: Platform, progress: Progress
) -> dict[str, int]:
    """Fill the platform's tables, or leave them be where this very platform is in them already.

    `progress` is told a table and how many more of its rows are in. Returns the rows written by
    table: none at all when there was nothing to do.

    Raises:
        UsageError: the database holds accounts that are not of this platform.
    """
    frames = tables_of(platform)
    with bulk_inserts(connection):
        if _is_loaded(connection, platform):
            return dict.fromkeys(frames, 0)
        connection.execute(
            load_sql(__package__, "ensure_months"),
            {"first": platform.days.first, "last": platform.days.last},
        )
        written = {
            table: _copy_table(connection, table, frame, progress)
            for table, frame in frames.items()
        }
        _analyze(connection, list(frames))
    return written


def tables_of(platform: Platform) -> dict[str, pl.DataFrame]:
    """The frames by table, in an order in which foreign keys let them be loaded."""
    values = {field.name: getattr(platform, field.name) for field in fields(platform)}
    return {table: frame for table, frame in values.items() if isinstance(frame, pl.DataFrame)}


def _is_loaded(connection: psycopg.Connection, platform: Platform) -> bool:
    ids = platform.users["id"].bin.encode("hex").to_list()
    found = connection.execute(load_sql(__package__, "count_accounts"), {"ids": ids}).fetchone()
    accounts, accounts_of_demo = found or (0, 0)
    if accounts > accounts_of_demo:
        raise UsageError(
            f"the database {connection.info.dbname!r} holds {accounts - accounts_of_demo} accounts"
            f" that are not of this demo ({len(ids)} users, {platform.days.first} to"
            f" {platform.days.last}; another size or day is another demo): use an empty database"
        )
    # An account of the demo may have been erased since; the rest is still this demo.
    return bool(accounts_of_demo)


def _copy_table(
    connection: psycopg.Connection, table: str, frame: pl.DataFrame, progress: Progress
) -> int:
    for piece in frame.iter_slices(ROWS_PER_COPY):
        progress(table, copy_frame(connection, table, piece))
    note_bulk_days(connection, table, frame)
    return frame.height


def _analyze(connection: psycopg.Connection, tables: list[str]) -> None:
    # The first queries come before autovacuum does.
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    connection.execute(sql.SQL("ANALYZE {}").format(names))
