"""Waiting for locks beside writers who come first: briefly, and again, and not for ever."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg

from schema.errors import DatabaseUnavailableError

Result = TypeVar("Result")

# Who queues behind us waits no longer than this, and less than deadlock_timeout (1 s): of two that
# wait for each other it is always us who gives up.
LONGEST_PATIENCE_MS = 800
PATIENCES_MS = (100, 200, 400, *(LONGEST_PATIENCE_MS,) * 8)
# After each attempt others get this many times as long to themselves: half a minute in all.
REST = 3
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


@dataclass(frozen=True, slots=True)
class LockRetries:
    """How often, and how patiently, something is tried that needs locks."""

    patiences_ms: tuple[int, ...] = PATIENCES_MS
    sleep: Callable[[float], None] = time.sleep

    def run(self, what: str, attempt: Callable[[int], Result]) -> Result:
        """Try with each patience, in milliseconds, until it succeeds.

        An attempt is one transaction: one that fails leaves nothing behind.

        Raises:
            DatabaseUnavailableError: others held the locks all the time.
        """
        for patience_ms in self.patiences_ms:
            try:
                return attempt(patience_ms)
            except BUSY:
                self.sleep(REST * patience_ms / 1000)
        raise DatabaseUnavailableError(
            f"could not {what}: other sessions held its tables or rows through "
            f"{len(self.patiences_ms)} attempts. Nothing of it was done, what was done before "
            "stays: end their long transactions (pg_stat_activity shows them) or run again later"
        )


PATIENT = LockRetries()
"""What an operation does unless its caller knows better."""
