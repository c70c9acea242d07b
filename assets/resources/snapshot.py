"""The barrier, and one exported snapshot that every reader of an ingest shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg

from assets.resources.postgres import Postgres, Role
from schema.sql import load_sql
from schema.windows import DayRange


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of PostgreSQL. Rows stamped before `settled_until` can no longer appear.

    `name` is for sessions that join it while it is open, `state` tells it from others for ever.
    """

    name: str
    state: str
    taken_at: datetime
    settled_until: datetime
    composer: psycopg.ClientCursor

    @property
    def session(self) -> psycopg.Connection:
        """The session that sees this state."""
        return self.composer.connection

    def is_settled(self, days: DayRange) -> bool:
        """Whether no open transaction could still commit rows of these days."""
        return days.end <= self.settled_until


@contextmanager
def open_snapshot(postgres: Postgres) -> Iterator[Snapshot]:
    """Export one REPEATABLE READ snapshot, open for as long as the block runs.

    The oldest open transaction is looked up before the snapshot is taken: one that began before a
    day's end and is still open could yet commit rows of that day (`created_at` defaults to the
    transaction's start). Of a prepared one nobody knows when it began: while there is one, and
    without the right to see other sessions nothing counts as settled.
    """
    with postgres.session(Role.READER, autocommit=True) as connection:
        barrier = connection.execute(load_sql(__package__, "select_open_transactions")).fetchone()
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            exported = connection.execute(
                "SELECT pg_export_snapshot(), transaction_timestamp(), pg_current_snapshot()::text"
            ).fetchone()
            if barrier is None or exported is None:
                raise AssertionError("a SELECT without FROM returns one row")
            yield Snapshot(
                name=exported[0],
                taken_at=exported[1],
                state=exported[2],
                settled_until=barrier[0],
                composer=psycopg.ClientCursor(connection),
            )
