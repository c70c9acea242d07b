"""An account out of the cold store: only months that hold rows of it are written anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import MappingProxyType

import polars as pl

from assets.lifecycle.cold_rewrite import rewrite_month
from assets.lifecycle.cold_store import dropped_months
from assets.lifecycle.parquet_erasure import count_named, is_named
from assets.resources.clock import utc_now
from assets.resources.cold_months import ColdStore
from assets.resources.engine import DuckDBEngine
from assets.resources.postgres import Postgres, Role
from schema.erasure import IdKind

# Columns of archived engagement that name an account or a post.
NAMED_BY = MappingProxyType({"user_id": IdKind.USERS, "post_id": IdKind.POSTS})


@dataclass(frozen=True, slots=True)
class ErasedMonth:
    """What a month has lost: rows, and the files that held them."""

    month: date
    rows: int
    files: int


def cold_files(store: ColdStore) -> list[Path]:
    """Every file of archived engagement."""
    return sorted(store.folder.glob("month=*/part-*.parquet"))


def erase_from_cold(
    store: ColdStore, postgres: Postgres, ids: pl.DataFrame
) -> Iterator[ErasedMonth]:
    """Write the affected months anew without rows that name one of the ids, as links of the chain.

    Raises:
        CorruptPartitionError: an affected month is damaged.
        PartitionLockedError: another run writes the cold store.
        StorageError: the disk is full or cannot be written.
    """
    with store.writing(postgres):
        with postgres.session(Role.READER) as session:
            dropped = dropped_months(session)
        engine = DuckDBEngine().connection
        for month in store.months():
            manifest = store.manifest(month)
            found = count_named(store.paths(manifest), NAMED_BY, ids) if manifest else {}
            if found:
                keep = partial(_without, ids)
                rewrite_month(
                    store,
                    engine,
                    month,
                    keep,
                    dropped_as=dropped.get(month),
                    at=utc_now(),
                )
                yield ErasedMonth(month, sum(found.values()), len(found))


def _without(ids: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(~is_named(NAMED_BY, rows.schema, ids))
