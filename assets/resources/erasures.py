"""Nothing is published that an erasure has not reached: asked in the transaction that publishes."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import psycopg

from assets.resources.ids_of_kinds import ids_of
from assets.resources.tombstones import Tombstones
from schema.erasure import IdKind
from schema.errors import DatabaseUnavailableError, ErasureUnfinishedError, SupersededWriterError
from schema.sql import load_sql

ACCOUNT_COLUMNS = ("user_id", "author_id")


def refuse_unerased(
    connection: psycopg.Connection, tombstones: Tombstones | None, *, seen: str
) -> None:
    """Refuse to publish what was read before an erasure, or from a database older than one.

    Raises:
        ErasureUnfinishedError: the database still holds, or holds again, an erased account.
        DatabaseUnavailableError: an account was erased since the state that was read; run again.
    """
    rows = connection.execute(load_sql(__package__, "select_erasures"), {"seen": seen}).fetchall()
    removed = {token for token, _, is_removed, _ in rows if is_removed}
    known = {token for token, *_ in rows}.union(tombstones.tokens() if tombstones else ())
    if known - removed:
        raise ErasureUnfinishedError(
            f"the database is not done with {len(known - removed)} erasures (one was stopped, or a "
            "backup from before it was restored): run `sociallive erase --again`, then run again"
        )
    if not all(is_seen for *_, is_seen in rows):
        raise DatabaseUnavailableError(
            "an account was erased while these days were read: nothing of them was published; "
            "run again"
        )


def refuse_erased_accounts(files: Iterable[Path], tombstones: Tombstones | None) -> None:
    """Refuse computed rows about an account that was erased after their inputs were read.

    Raises:
        SupersededWriterError: nothing was published; a run from now on computes without it.
    """
    if tombstones is None or not tombstones.tokens():
        return
    accounts = [rows for path in files for rows in _accounts(path)]
    if not accounts:
        return
    distinct = pl.concat(accounts).unique().collect(engine="streaming").to_series()
    if not tombstones.erased_ids(ids_of(IdKind.USERS, distinct)).is_empty():
        raise SupersededWriterError(
            "an account was erased while this was computed: nothing of it was published; run again"
        )


def _accounts(path: Path) -> Iterator[pl.LazyFrame]:
    rows = pl.scan_parquet(path, hive_partitioning=False, glob=False)
    known = rows.collect_schema().names()
    yield from (rows.select(account=name) for name in ACCOUNT_COLUMNS if name in known)


def require_tombstones(connection: psycopg.Connection, tombstones: Tombstones | None) -> None:
    """Refuse to bring rows in without knowing everybody who was erased.

    Raises:
        ErasureUnfinishedError: the database knows of erasures that this home does not.
    """
    known = tombstones.tokens() if tombstones else []
    rows = connection.execute(load_sql(__package__, "select_unknown_erasures"), {"known": known})
    if rows.fetchone():
        raise ErasureUnfinishedError(
            "accounts of this database were erased, and this home does not know which: run "
            "`sociallive erase --again` first"
        )
