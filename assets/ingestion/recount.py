"""Count a day again in PostgreSQL: rows and fingerprint, without moving them."""

from datetime import date

import psycopg
from psycopg import sql

from assets.ingestion.extract import facts_of, select_of
from assets.resources.row_count import Count


def recount(connection: psycopg.Connection, table: str, day: date) -> Count:
    """Count what ingestion would read now."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(counted.row_hash), 0) FROM ({}) AS counted"
    ).format(select_of(table))
    row = connection.execute(statement, facts_of(day)).fetchone()
    rows, fingerprint = row or (0, 0)
    return Count(rows, int(fingerprint))
