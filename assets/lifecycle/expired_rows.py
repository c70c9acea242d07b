"""Remove what expired over 30 days ago: sessions, feed items, password reset tokens.

And of the outbox of reports, mails that ended over 90 days ago: see decision 0019.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg

from assets.resources.postgres import Postgres, Role
from schema.sql import load_sql

# Small enough that the platform's own writers never wait for long.
BATCH_ROWS = 5_000
# What `pipeline.delete_old_deliveries` goes by.
DELIVERY_DAYS = 90
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '1s'"


@dataclass(frozen=True, slots=True)
class RemovedRows:
    """How many rows of each table one run removed.

    All had expired before the cut-off (UTC); `deliveries` had ended DELIVERY_DAYS before.
    """

    cutoff: datetime
    sessions: int
    feed_items: int
    reset_tokens: int
    deliveries: int

    def counts(self) -> dict[str, int]:
        """Rows per table."""
        return {name: rows for name, rows in asdict(self).items() if name != "cutoff"}


def remove_expired_rows(postgres: Postgres, *, batch_rows: int = BATCH_ROWS) -> RemovedRows:
    """Remove batch by batch, each in a transaction of its own; a killed run is continued.

    Raises:
        DatabaseUnavailableError: the server cannot be reached, or rows stayed locked by others.
    """
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        statement = load_sql(__package__, "select_expiry_cutoff")
        (cutoff,) = connection.execute(statement).fetchall()[0]

        def removed(table: str) -> int:
            return sum(_batches(connection, table, cutoff, batch_rows))

        return RemovedRows(
            cutoff=cutoff,
            sessions=removed("sessions"),
            feed_items=removed("feed_items"),
            reset_tokens=removed("reset_tokens"),
            deliveries=removed("deliveries"),
        )


def _batches(
    connection: psycopg.Connection, table: str, cutoff: datetime, batch_rows: int
) -> Iterator[int]:
    """Rows of each batch, until nothing is left to remove."""
    statement, rows = load_sql(__package__, f"delete_expired_{table}"), batch_rows
    while rows > 0:
        with connection.transaction():
            connection.execute(LOCK_TIMEOUT)
            given = {"cutoff": cutoff, "most": batch_rows}
            (rows,) = connection.execute(statement, given).fetchone() or (0,)
        yield rows
