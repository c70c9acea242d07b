"""An account out of the platform's tables: batch by batch, each a transaction of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import adbc_driver_postgresql.dbapi as adbc
import polars as pl
import psycopg
from psycopg.errors import DeadlockDetected, LockNotAvailable

from assets.lifecycle.erased_account import Account
from assets.resources.postgres import Postgres, Role
from assets.resources.tombstones import Tombstones
from schema.erasure import PLATFORM_BATCHES
from schema.errors import DatabaseUnavailableError, UsageError
from schema.sql import load_sql

PACKAGE = "assets.lifecycle"
# Rows of a batch: each follow among them holds somebody else's counters until the batch commits.
BATCH_ROWS = 1_000
# A session waits five seconds for a lock: so often it comes back before it gives up.
ATTEMPTS = 12


def find_account(postgres: Postgres, named: str) -> Account | None:
    """Find who a username or an id names, with all ids that go with the account.

    Raises:
        UsageError: one account has the username, another one the id.
    """
    with postgres.session(Role.OPERATOR) as connection:
        found = _fetch(connection, "find_account", {"named": named})
        if len(found) > 1:
            raise UsageError(
                "this is the username of one account and the id of another: name the one that you "
                "mean the other way"
            )
        return _with_ids(connection, *found[0]) if found else None


def count_account(postgres: Postgres, account: Account) -> dict[str, int]:
    """Rows of the platform's tables that go with the account."""
    with postgres.session(Role.OPERATOR) as connection:
        return dict(_fetch(connection, "count_account_rows", {"account": account.id}))


def bury(postgres: Postgres, tombstones: Tombstones, token: str, digests: pl.Series) -> None:
    """Keep the tombstones: in the home first, where no restore takes them away."""
    tombstones.bury(token, digests)
    facts = {
        "token": token,
        "key_id": tombstones.key_id(),
        "digests": tombstones.digests_of(token).to_list(),
    }
    with postgres.session(Role.OPERATOR) as connection:
        connection.execute(load_sql(PACKAGE, "bury_account"), facts)


def erase_from_platform(
    postgres: Postgres, account: Account, note: Callable[[str, int], None]
) -> None:
    """Delete what the account has in the platform's tables, and tell the rows of each.

    The counters of other accounts and posts follow in the same transactions.

    Raises:
        DatabaseUnavailableError: others hold its rows for too long; run again, it goes on.
    """
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        for table in PLATFORM_BATCHES:
            note(table, sum(_batches(connection, account, table)))
        facts = {"account": account.id, "names": _texts(account)}
        note("audit_log", _patiently(connection, "erase_audit_rows", facts) or 0)
        _patiently(connection, "refresh_popular_posts_after_erasure", {})


def note_removed(postgres: Postgres, token: str) -> None:
    """From here on ingestion publishes only what it read after this."""
    with postgres.session(Role.OPERATOR) as connection:
        connection.execute(load_sql(PACKAGE, "note_account_removed"), {"token": token})


def await_publications(postgres: Postgres) -> None:
    """Return when nothing is being published that could have missed the tombstones.

    Raises:
        DatabaseUnavailableError: a publication takes very long; run again, it goes on.
    """
    with postgres.session(Role.OPERATOR, autocommit=True) as connection:
        _patiently(connection, "await_publications", {})


def account_ids(postgres: Postgres) -> Iterator[pl.Series]:
    """Ids of all accounts, as they come."""
    statement = load_sql(PACKAGE, "select_account_ids").as_string()
    with (
        adbc.connect(postgres.conninfo(Role.READER)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
        for batch in cursor.fetch_record_batch():
            yield pl.DataFrame(batch)["id"]


def account_of_id(postgres: Postgres, raw: bytes) -> Account | None:
    """The account of an id."""
    with postgres.session(Role.OPERATOR) as connection:
        named = str(UUID(bytes=raw))
        found = _fetch(connection, "find_account", {"named": named})
        ours = [row for row in found if row[0].bytes == raw]
        return _with_ids(connection, *ours[0]) if ours else None


def _with_ids(connection: psycopg.Connection, account: UUID, username: str, email: str) -> Account:
    rows = _fetch(connection, "select_ids_of_account", {"account": account})
    own = [found.bytes for found, is_own in rows if is_own]
    others = [found.bytes for found, is_own in rows if not is_own]
    return Account(
        account,
        username,
        email,
        pl.Series(own, dtype=pl.Binary),
        pl.Series(others, dtype=pl.Binary),
    )


def _batches(connection: psycopg.Connection, account: Account, table: str) -> Iterator[int]:
    facts = {"account": account.id, "target": table, "at_most": BATCH_ROWS}
    while erased := _patiently(connection, "erase_account_rows", facts):
        yield erased


def _patiently(connection: psycopg.Connection, statement: str, facts: dict[str, Any]) -> int | None:
    """Run a statement as a transaction of its own, again when others were in its way."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            row = connection.execute(load_sql(PACKAGE, statement), facts).fetchone()
        except (LockNotAvailable, DeadlockDetected) as error:
            if attempt == ATTEMPTS:
                raise DatabaseUnavailableError(
                    "others hold rows of the account, or a publication takes very long: what is "
                    "erased stays erased; run `sociallive erase --again` to go on"
                ) from error
        else:
            return row[0] if row else None
    return None


def _texts(account: Account) -> list[str]:
    """The names and ids as an audit row would hold them."""
    return [*account.names, *(str(UUID(bytes=raw)) for raw in account.own)]


def _fetch(
    connection: psycopg.Connection, statement: str, facts: dict[str, Any]
) -> list[tuple[Any, ...]]:
    return connection.execute(load_sql(PACKAGE, statement), facts).fetchall()
