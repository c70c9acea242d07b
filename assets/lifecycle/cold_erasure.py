"""An account out of the cold store: only months that hold rows of it are written anew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import polars as pl

from assets.lifecycle.cold_rewrite import rewrite_month
from assets.lifecycle.cold_store import dropped_months
from assets.lifecycle.parquet_erasure import count_named, distinct_ids, is_named
from assets.resources.clock import utc_now
from assets.resources.cold_inspection import require_sound
from assets.resources.cold_months import ColdStore
from assets.resources.durable_files import fsync_path
from assets.resources.engine import DuckDBEngine
from assets.resources.ids_of_kinds import together
from assets.resources.postgres import Postgres, Role
from schema.erasure import IdKind

Found = TypeVar("Found")
PARTS = "part-*.parquet"
# Columns of archived engagement that name an account or a post.
NAMED_BY = MappingProxyType({"user_id": IdKind.USERS, "post_id": IdKind.POSTS})


@dataclass(frozen=True, slots=True)
class ErasedMonth:
    """What a month has lost: rows, and the files that held them."""

    month: date
    rows: int
    files: int


def count_in_cold(store: ColdStore, ids: pl.DataFrame) -> dict[Path, int]:
    """Rows that name one of the ids, of the files that have some.

    Raises:
        CorruptPartitionError: a file is damaged.
    """
    return {
        path: rows
        for month in store.months()
        for path, rows in _named_in(store, month, ids).items()
    }


def ids_in_cold(store: ColdStore) -> pl.DataFrame:
    """Every id of archived engagement with its kind.

    Raises:
        CorruptPartitionError: a file is damaged.
    """
    return together(
        _read(store, month, lambda files: distinct_ids(files, NAMED_BY)) for month in store.months()
    )


def erase_from_cold(
    store: ColdStore, postgres: Postgres, ids: pl.DataFrame
) -> Iterator[ErasedMonth]:
    """Write the affected months anew without rows that name one of the ids, as links of the chain.

    Of a month that has none yet, files of a killed writer go: PostgreSQL holds their rows.

    Raises:
        CorruptPartitionError: an affected month is damaged.
        PartitionLockedError: another run writes the cold store.
        StorageError: the disk is full or cannot be written.
    """
    with store.writing(postgres):
        with postgres.session(Role.READER) as session:
            dropped = dropped_months(session)
        engine, linked = DuckDBEngine().connection, store.chain().newest()
        for month in store.months():
            found = _named_in(store, month, ids)
            if not found:
                continue
            # Of a month that PostgreSQL has dropped these are the only rows, whatever else is lost.
            if month in dropped or month in linked or store.manifest(month):
                keep = partial(_without, ids)
                rewrite_month(
                    store,
                    engine,
                    month,
                    keep,
                    dropped_as=dropped.get(month),
                    at=utc_now(),
                )
            else:
                for path in found:
                    path.unlink()
                fsync_path(store.month_folder(month))
            yield ErasedMonth(month, sum(found.values()), len(found))


def _named_in(store: ColdStore, month: date, ids: pl.DataFrame) -> dict[Path, int]:
    return _read(store, month, lambda files: count_named(files, NAMED_BY, ids))


def _read(store: ColdStore, month: date, read: Callable[[list[Path]], Found]) -> Found:
    """What the files of a month hold; those that a copy has replaced meanwhile are listed anew."""
    files = _files(store, month)
    with _told_when_damaged(store, month):
        while True:
            try:
                return read(files)
            except FileNotFoundError:
                listed, files = files, _files(store, month)
                if files == listed:
                    raise


def _files(store: ColdStore, month: date) -> list[Path]:
    """Whatever lies there: the manifest may be gone, or not be there yet."""
    return sorted(store.month_folder(month).glob(PARTS))


@contextmanager
def _told_when_damaged(store: ColdStore, month: date) -> Iterator[None]:
    """Say of a file that cannot be read which one it is, and what to do."""
    try:
        yield
    except (pl.exceptions.PolarsError, FileNotFoundError):
        require_sound(store, month)
        raise


def _without(ids: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~is_named(NAMED_BY, rows.schema, ids))
