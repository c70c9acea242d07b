"""What a database holds, in figures that are the same again after a restore."""

import psycopg
from psycopg import sql

from assets.lifecycle.backup_manifest import TableContents
from schema.sql import load_sql

# How values are written as text, whatever the server, the database or the user prefers.
SPELLING = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "search_path": "pg_catalog",
    # Reading a large table takes as long as it takes, while a snapshot is held for pg_dump.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # An error instead of fewer rows.
    "row_security": "off",
}
# Text, because the hashes of some types (enums) are those of numbers that a restore gives anew.
HASH_ROWS = sql.SQL(
    'SELECT count(*), coalesce(sum(hashtextextended(backed_up_row::text COLLATE "C", 0)), 0) '
    "FROM ONLY {table} AS backed_up_row"
)


def pin_spelling(connection: psycopg.Connection) -> None:
    """Prepare a session for `table_contents`."""
    for name, value in SPELLING.items():
        connection.execute("SELECT set_config(%s, %s, FALSE)", [name, value])


def table_contents(connection: psycopg.Connection) -> list[TableContents]:
    """Rows and hashes of all tables, each partition by itself."""
    names = connection.execute(load_sql(__package__, "select_tables")).fetchall()
    return [_contents(connection, schema, table) for schema, table in names]


def object_counts(connection: psycopg.Connection) -> dict[str, int]:
    """How many constraints, columns, policies, grants and so on there are, and what is whose."""
    return dict(connection.execute(load_sql(__package__, "count_objects")).fetchall())


def definitions(connection: psycopg.Connection) -> dict[str, str]:
    """What views, functions, indexes and so on are defined as: the same on one major version."""
    return dict(connection.execute(load_sql(__package__, "select_definitions")).fetchall())


def sequence_positions(connection: psycopg.Connection) -> dict[str, int]:
    """The last number that each sequence has given; 0 where it has given none."""
    return dict(connection.execute(load_sql(__package__, "select_sequences")).fetchall())


def _contents(connection: psycopg.Connection, schema: str, table: str) -> TableContents:
    row = connection.execute(HASH_ROWS.format(table=sql.Identifier(schema, table))).fetchone()
    rows, row_hashes = row or (0, 0)
    return TableContents(f"{schema}.{table}", rows, str(row_hashes))
