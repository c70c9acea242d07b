"""An account out of the lake: only the partitions that hold rows of it are published anew."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
import psycopg

from assets.lifecycle.lake_search import ErasedPartition, LakeSearch
from assets.lifecycle.parquet_erasure import count_named, rows_kept
from assets.resources.lake import STAGING, Lake, StagedPartition
from assets.resources.ledger import PartitionLedger, PartitionWriter
from assets.resources.manifest import Manifest
from schema.erasure import LAKE_RULES
from schema.sql import load_sql
from schema.windows import DayRange


@dataclass(frozen=True, slots=True)
class LakeErasure:
    """Removes rows by ids (`kind`, `id`), through the ledger's lock, fence and publication."""

    lake: Lake
    ledger: PartitionLedger

    @property
    def search(self) -> LakeSearch:
        """Finds them."""
        return LakeSearch(self.lake)

    def erase(
        self, found: Iterable[ErasedPartition], ids: pl.DataFrame, *, run_id: str
    ) -> Iterator[ErasedPartition]:
        """Publish partitions without the rows, with the reason why they have less.

        What was computed from them is stale from then on. What killed runs have left, this one's
        earlier attempts among them, goes too.

        Raises:
            PartitionLockedError: a run works on one of them; run again when it has ended.
            StorageError: the disk is full or cannot be written.
        """
        for partition in found:
            if rows := self._rewrite(partition.table, partition.day, ids, run_id):
                yield replace(partition, rows=rows)
        left = self.search.abandoned(ids).union(self.ledger.unfinished_of(run_id))
        for table, day in sorted(left):
            with self.ledger.write([table], DayRange(day, day), run_id=run_id) as writer:
                self._clear(table, day, writer)

    def _rewrite(self, table: str, day: date, ids: pl.DataFrame, run_id: str) -> int:
        """Rows that the partition has lost; none, when a run has published it without them."""
        rule = LAKE_RULES[table]
        removed: Counter[bytes | None] = Counter()
        with (
            self.ledger.write([table], DayRange(day, day), run_id=run_id) as writer,
            self.lake.staging() as staged,
        ):
            before, files = self.lake.manifest(table, day), self.lake.files(table, [day])
            if not count_named(files, rule.named_by, ids):
                self._clear(table, day, writer)
                return 0
            kept = rows_kept(files, rule.named_by, ids, counts_for=rule.counts_for, removed=removed)
            part = _like(self.lake.stage(table, day, kept, fence=writer.fence), before)
            staged.append(part)
            # Reasons first: an erasure that is killed between the lake and the books finds no row
            # any more that would tell them.
            if part.manifest.extraction:
                with writer.publication() as connection:
                    _note_reason(connection, part.manifest, removed, run_id)
            with writer.publication() as connection:
                connection.execute(load_sql(__package__, "record_rewriting"), _facts(part.manifest))
                self.lake.publish(part)
        return removed.total()

    def _clear(self, table: str, day: date, writer: PartitionWriter) -> None:
        """Remove what no manifest names, and note what is published; whoever calls has the lock."""
        staging = self.lake.root / STAGING / table / self.lake.partition_folder(table, day).name
        shutil.rmtree(staging, ignore_errors=True)
        for path in self.search.unnamed(table, day):
            path.unlink(missing_ok=True)
        published = self.lake.manifest(table, day)
        if published:
            facts = _facts(replace(published, fence=writer.fence))
            writer.connection.execute(load_sql(__package__, "record_rewriting"), facts)


def _like(staged: StagedPartition, before: Manifest | None) -> StagedPartition:
    """The same facts as before, but for the sum of hashes: the lake does not keep them."""
    if before is None:
        return staged
    manifest = replace(staged.manifest, computation=before.computation)
    if before.extraction:
        manifest = replace(manifest, extraction=replace(before.extraction, fingerprint=None))
    return replace(staged, manifest=manifest)


def _note_reason(
    connection: psycopg.Connection,
    manifest: Manifest,
    removed: Counter[bytes | None],
    run_id: str,
) -> None:
    """Say in the books of source changes whose numbers lost rows, and that they were erased."""
    facts = {"table": manifest.table, "day": manifest.day, "run_id": run_id}
    whose = [raw and raw.hex() for raw in removed]
    connection.execute(
        load_sql(__package__, "insert_erased_changes"),
        facts | {"accounts": whose, "counts": list(removed.values())},
    )


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "table": manifest.table,
        "day": manifest.day,
        "load_id": manifest.load_id,
        "rows": manifest.rows,
        "fence": manifest.fence,
    }
