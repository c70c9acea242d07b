"""Statements of an erasure: each a transaction, patient with others, and of bounded size."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from schema.errors import DatabaseUnavailableError
from schema.sql import load_sql

# A session waits five seconds for a lock: so often it comes back before it gives up.
ATTEMPTS = 12
# Blocks that one statement reads of a table to which no index leads: 256 MB.
PIECE_BLOCKS = 32_768


def patiently(
    connection: psycopg.Connection, statement: str, facts: dict[str, Any], *, undo: bool = False
) -> int | None:
    """Run a statement, again when others were in its way; its only value.

    `undo`: nothing of it stays but the value.

    Raises:
        DatabaseUnavailableError: they were in its way each time.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction(force_rollback=True) if undo else nullcontext():
                row = connection.execute(load_sql(__package__, statement), facts).fetchone()
        except (LockNotAvailable, DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise DatabaseUnavailableError(
                    "others hold rows of the account, or a publication takes very long: what is "
                    "erased stays erased; run `sociallive erase --again` to go on"
                ) from error
        else:
            return row[0] if row else None
    return None


def until_none_is_left(
    connection: psycopg.Connection, statement: str, facts: dict[str, Any]
) -> Iterator[int]:
    """Run a statement that takes a batch of rows, until there are none; the rows of each."""
    while erased := patiently(connection, statement, facts):
        yield erased


def piece_by_piece(
    connection: psycopg.Connection,
    statement: str,
    facts: dict[str, Any],
    *,
    target: str,
    undo: bool = False,
) -> Iterator[int]:
    """Run a statement for each piece of a table, to where the table then ends; the rows of each.

    `undo`: as in `patiently`.
    """
    first = 0
    while first < (patiently(connection, "count_blocks", {"target": target}) or 0):
        piece = {"first": first, "next": first + PIECE_BLOCKS}
        yield patiently(connection, statement, facts | piece, undo=undo) or 0
        first += PIECE_BLOCKS
