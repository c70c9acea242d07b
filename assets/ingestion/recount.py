"""Count a day again in PostgreSQL: rows and fingerprint, without moving them."""

from dataclasses import dataclass
from datetime import date

import psycopg
from psycopg import sql

from assets.ingestion.extract import select_of, window_of


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of a table and day, and the sum of their hashes: independent of their order."""

    rows: int
    fingerprint: int


def recount(connection: psycopg.Connection, table: str, day: date) -> Count:
    """Count what ingestion would read now."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(counted.row_hash), 0) FROM ({}) AS counted"
    ).format(select_of(table))
    row = connection.execute(statement, window_of(day)).fetchone()
    rows, fingerprint = row or (0, 0)
    return Count(rows, int(fingerprint))
