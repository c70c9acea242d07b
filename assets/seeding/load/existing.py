"""What the database has already of the values that a load brings."""

import io

import polars as pl
import psycopg
from psycopg import sql

from assets.resources.copying import copy_frame

# One after the other: the types are those of the table, so that equal means what it means there.
CREATE_CANDIDATES = sql.SQL(
    "CREATE TEMPORARY TABLE load_candidates ON COMMIT DROP AS "
    "SELECT {columns} FROM {table} WITH NO DATA"
)
COPY_TAKEN = sql.SQL(
    "COPY (SELECT {columns} FROM load_candidates WHERE EXISTS "
    "(SELECT FROM {table} AS held WHERE ({held}) = ({candidate}))) "
    "TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
)


def taken(connection: psycopg.Connection, table: str, candidates: pl.DataFrame) -> pl.DataFrame:
    """Those of the candidates whose values stand in the table's columns of the same names."""
    if candidates.is_empty() or is_empty(connection, table):
        return candidates.clear()
    names = {
        "columns": _listed(candidates),
        "table": sql.Identifier(table),
        "held": _listed(candidates, of="held"),
        "candidate": _listed(candidates, of="load_candidates"),
    }
    connection.execute(CREATE_CANDIDATES.format(**names))
    copy_frame(connection, "load_candidates", candidates)
    connection.execute("ANALYZE load_candidates")
    found = _copied_out(connection, COPY_TAKEN.format(**names), candidates.schema)
    connection.execute("DROP TABLE load_candidates")
    return found


def is_empty(connection: psycopg.Connection, table: str) -> bool:
    """Whether the table has no row."""
    query = sql.SQL("SELECT FROM {} LIMIT 1").format(sql.Identifier(table))
    return connection.execute(query).fetchone() is None


def _listed(candidates: pl.DataFrame, *, of: str | None = None) -> sql.Composed:
    qualifier = [of] if of else []
    return sql.SQL(", ").join(sql.Identifier(*qualifier, name) for name in candidates.columns)


def _copied_out(
    connection: psycopg.Connection, statement: sql.Composed, schema: pl.Schema
) -> pl.DataFrame:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        text = b"".join(copy)
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(io.BytesIO(text), has_header=False, schema=schema)
