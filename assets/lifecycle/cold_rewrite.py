"""Write a cold month anew without some of its rows, as a new link of the chain."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import duckdb
import polars as pl

from assets.resources.cold_inspection import require_signed
from assets.resources.cold_manifest import ColdManifest, dropped_files
from assets.resources.cold_months import ColdStore
from assets.resources.cold_proof import count_days, prove_files
from assets.resources.parquet import read_batches

REASON = "erased"
Keep = Callable[[pl.DataFrame], pl.DataFrame]


def rewrite_month(
    store: ColdStore,
    engine: duckdb.DuckDBPyConnection,
    month: date,
    keep: Keep,
    *,
    dropped_as: str | None,
    at: datetime,
) -> ColdManifest | None:
    """Keep only what `keep` gives back of each batch; files that keep all their rows stay.

    `dropped_as`: the digest of the manifest for which PostgreSQL dropped the month last; what it
    still decides about stays in files apart. Whoever calls holds `store.writing()`. None: no row of
    the month had to go.

    Raises:
        CorruptPartitionError: the month is damaged.
        StorageError: the disk is full or cannot be written.
    """
    signed = require_signed(store, month)
    manifest, dropped = signed[0], {file.name for file in dropped_files(signed, dropped_as)}
    paths = dict(zip(store.paths(manifest), manifest.files, strict=True))
    affected = [path for path in paths if any(_loses_rows(b, keep) for b in read_batches([path]))]
    if not affected:
        return None
    untouched = replace(manifest, files=[paths[path] for path in paths if path not in affected])
    late = (keep(b) for b in read_batches(p for p in affected if p.name not in dropped))
    gone = (keep(b) for b in read_batches(p for p in affected if p.name in dropped))
    staged = store.keep(store.stage(month, [late, gone]), untouched)
    order = store.chain()
    renewed = replace(
        manifest,
        sequence=order.next_sequence,
        previous=order.head,
        load_id=staged.load_id,
        files=staged.files,
        proof=prove_files(engine, staged.paths),
        days=count_days(engine, staged.paths),
        written_at=at,
        reason=REASON,
        dropped=[f.name for f in staged.files if f.name in {*dropped, staged.name_of(1)}],
    )
    store.publish(staged, renewed)
    return renewed


def _loses_rows(batch: pl.DataFrame, keep: Keep) -> bool:
    return keep(batch).height < batch.height
