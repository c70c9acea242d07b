"""Bulk writing into the platform's tables: COPY without per-row Python, counters set-based."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import psycopg
from psycopg import sql

from schema.sql import load_sql

ROWS_PER_SLICE = 50_000
"""Rows turned to CSV at a time: a few MB, so that memory does not grow with the frame."""

_NULL = "\\N"


def copy_frame(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> int:
    """COPY a frame into the columns it names, in one statement; return the number of rows.

    Strings (UUIDs and JSON included), numbers, booleans, dates, timestamps (with a zone: converted
    to UTC) and lists of strings (as `text[]`) are written; null stays apart from the empty string.
    """
    with connection.cursor() as cursor, cursor.copy(_copy_statement(table, frame)) as copy:
        for piece in frame.iter_slices(ROWS_PER_SLICE):
            copy.write(_to_csv(piece))
    return frame.height


def array_literal(items: pl.Expr) -> pl.Expr:
    """Write a list of strings the way PostgreSQL reads `text[]`."""
    element = pl.element()
    quoted = '"' + element.str.replace_all(r'([\\"])', r"\${1}") + '"'
    written = items.list.eval(pl.when(element.is_null()).then(pl.lit("NULL")).otherwise(quoted))
    return "{" + written.list.join(",") + "}"


@contextmanager
def bulk_inserts(connection: psycopg.Connection) -> Iterator[None]:
    """Make inserts into posts and user_followers cheap, in one transaction.

    Row-wise, the counter of one celebrity is rewritten once per follower, and every rewrite walks
    over the versions before it: quadratic. Here the counter triggers rest, and afterwards the
    counters of the users whose posts or follows changed are set to what the tables say; nothing
    else about those users changes, `updated_at` included. Other writers of the four tables wait.
    """
    with connection.transaction():
        connection.execute(load_sql(__package__, "lock_bulk_tables"))
        connection.execute(load_sql(__package__, "snapshot_bulk_counts"))
        with (
            _trigger_off(connection, "posts", "posts_count_trigger"),
            _trigger_off(connection, "user_followers", "follower_count_trigger"),
        ):
            yield
        with _trigger_off(connection, "users", "update_users_updated_at"):
            connection.execute(load_sql(__package__, "recount_bulk_users"))
        connection.execute("DROP TABLE pg_temp.bulk_counts_before")


def _copy_statement(table: str, frame: pl.DataFrame) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, frame.columns)),
        sql.Literal(_NULL),
    )


def _to_csv(piece: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # Every string is quoted: a lone CR, `\.` or `\N` in a text must not mean anything to COPY.
    piece.select(_as_csv_field(name, dtype) for name, dtype in piece.schema.items()).write_csv(
        buffer,
        include_header=False,
        quote_style="non_numeric",
        null_value=_NULL,
        datetime_format="%Y-%m-%d %H:%M:%S%.6f",
    )
    return buffer.getvalue()


def _as_csv_field(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return array_literal(pl.col(name)).alias(name)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return pl.col(name)


@contextmanager
def _trigger_off(connection: psycopg.Connection, table: str, trigger: str) -> Iterator[None]:
    names = {"table": sql.Identifier(table), "trigger": sql.Identifier(trigger)}
    connection.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**names))
    yield
    # Not in a `finally`: after an error the transaction is rolled back, and this with it.
    connection.execute(sql.SQL("ALTER TABLE {table} ENABLE TRIGGER {trigger}").format(**names))
