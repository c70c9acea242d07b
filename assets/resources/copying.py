"""COPY frames into PostgreSQL without per-row Python."""

import io

import polars as pl
import psycopg
from psycopg import sql

# Rows turned to CSV at a time: a few MB, so that memory does not grow with the frame.
ROWS_PER_SLICE = 50_000
NULL = "\\N"


def copy_frame(connection: psycopg.Connection, table: str, frame: pl.DataFrame) -> int:
    """COPY a frame into the columns it names, in one statement; return the number of rows.

    Strings (UUIDs and JSON included), 16-byte ids (as `uuid`), numbers, booleans, dates, timestamps
    (with a zone: converted to UTC) and lists of strings (as `text[]`) are written; null stays apart
    from the empty string.
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


def _copy_statement(table: str, frame: pl.DataFrame) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL {})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, frame.columns)),
        sql.Literal(NULL),
    )


def _to_csv(piece: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    # Every string is quoted: a lone CR, `\.` or `\N` in a text must not mean anything to COPY.
    piece.select(_as_csv_field(name, dtype) for name, dtype in piece.schema.items()).write_csv(
        buffer,
        include_header=False,
        quote_style="non_numeric",
        null_value=NULL,
        datetime_format="%Y-%m-%d %H:%M:%S%.6f",
    )
    return buffer.getvalue()


def _as_csv_field(name: str, dtype: pl.DataType) -> pl.Expr:
    if isinstance(dtype, pl.List):
        return array_literal(pl.col(name)).alias(name)
    if isinstance(dtype, pl.Binary):
        return pl.col(name).bin.encode("hex")
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        return pl.col(name).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return pl.col(name)
