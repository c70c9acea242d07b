"""Try for a lock that everybody waits behind briefly and again, instead of long and once."""

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg

from assets.resources.postgres import Postgres, Role
from schema.errors import DatabaseUnavailableError

T = TypeVar("T")
# Milliseconds that a lock may take, less than deadlock_timeout, and seconds of rest after each.
LADDER = ((100, 0.05), (100, 0.1), (200, 0.2), (200, 0.5), (500, 1.0), (500, 2.0), (800, 0.0))
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def with_short_locks(postgres: Postgres, work: Callable[[psycopg.Connection], T]) -> T:
    """Do the operator's work in one transaction; again from the start when a lock was not free.

    Raises:
        DatabaseUnavailableError: the lock was never free for long enough.
    """
    for timeout_ms, rest_s in LADDER[:-1]:
        try:
            return _attempt(postgres, work, timeout_ms)
        except DatabaseUnavailableError as error:
            if not isinstance(error.__cause__, BUSY):
                raise
        time.sleep(rest_s)
    return _attempt(postgres, work, LADDER[-1][0])


def _attempt(postgres: Postgres, work: Callable[[psycopg.Connection], T], timeout_ms: int) -> T:
    with postgres.session(Role.OPERATOR) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, TRUE)", [f"{timeout_ms}ms"])
        return work(connection)
