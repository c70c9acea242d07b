"""A lock that a session holds while it works: of two runs one is refused, and none waits."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql

from schema.errors import PartitionLockedError


@contextmanager
def held_lock(
    connection: psycopg.Connection, statement: sql.SQL, *, refusal: str
) -> Iterator[None]:
    """Hold the lock that the statement tries to take; the session is in autocommit.

    Raises:
        PartitionLockedError: somebody else has it.
    """
    row = connection.execute(statement).fetchone()
    if row is None or not row[0]:
        raise PartitionLockedError(refusal)
    try:
        yield
    finally:
        # The session's end frees it too, but not before the next run has come to ask.
        with suppress(psycopg.OperationalError):
            connection.execute("SELECT pg_advisory_unlock_all()")
