"""An account out of the lake: only the partitions that hold rows of it are published anew."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl
import psycopg

from assets.lifecycle.parquet_erasure import count_named, distinct_ids, owned_ids, rows_kept
from assets.resources.lake import STAGING, Lake, StagedPartition
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import Manifest
from assets.resources.tombstones import Tombstones
from schema.erasure import LAKE_RULES
from schema.sql import load_sql
from schema.windows import DayRange

PACKAGE = "assets.lifecycle"


@dataclass(frozen=True, slots=True)
class ErasedPartition:
    """Rows that a partition holds, or has lost."""

    table: str
    day: date
    rows: int


@dataclass(frozen=True, slots=True)
class LakeErasure:
    """Finds and removes rows by ids, through the ledger's lock, fence and publication."""

    lake: Lake
    ledger: PartitionLedger

    def find(self, ids: pl.Series) -> list[ErasedPartition]:
        """Partitions with rows that name one of the ids: one pass over each table's id columns."""
        return [found for table in LAKE_RULES for found in self._find(table, ids)]

    def owned_by(self, accounts: pl.Series) -> list[pl.Series]:
        """Ids of content that the lake knows of accounts, though the platform may have lost it."""
        return [
            owned_ids(self._files(table), rule.owned, accounts)
            for table, rule in LAKE_RULES.items()
            if rule.owned
        ]

    def buried(self, tombstones: Tombstones) -> pl.Series:
        """Ids in the lake that have a tombstone, a day of a table at a time."""
        found = [
            tombstones.erased(distinct_ids([path], rule.named_by))
            for table, rule in LAKE_RULES.items()
            for path in self._files(table)
        ]
        return pl.concat([pl.Series(dtype=pl.Binary), *found]).unique()

    def erase(self, ids: pl.Series, *, run_id: str) -> Iterator[ErasedPartition]:
        """Publish the affected partitions without the rows, with the reason why they have less.

        What was computed from them is stale from then on. What killed runs have left unpublished
        goes, too.

        Raises:
            PartitionLockedError: a run works on one of them; run again when it has ended.
            StorageError: the disk is full or cannot be written.
        """
        for found in self.find(ids):
            yield self._rewrite(found, ids, run_id)
        self._sweep_staging(ids, run_id)

    def _find(self, table: str, ids: pl.Series) -> Iterator[ErasedPartition]:
        per_day: dict[date, int] = {}
        for path, rows in count_named(self._files(table), LAKE_RULES[table].named_by, ids).items():
            day = date.fromisoformat(path.parent.name.removeprefix("date="))
            per_day[day] = per_day.get(day, 0) + rows
        yield from (ErasedPartition(table, day, rows) for day, rows in sorted(per_day.items()))

    def _files(self, table: str) -> list[Path]:
        return self.lake.files(table, self.lake.published_days(table))

    def _rewrite(self, found: ErasedPartition, ids: pl.Series, run_id: str) -> ErasedPartition:
        table, day, rule = found.table, found.day, LAKE_RULES[found.table]
        days = DayRange(day, day)
        with (
            self.ledger.write([table], days, run_id=run_id) as writer,
            self.lake.staging() as staged,
        ):
            before = self.lake.manifest(table, day)
            removed: list[pl.DataFrame] = []
            kept = rows_kept(self.lake.files(table, [day]), rule.named_by, ids, removed)
            part = _like(self.lake.stage(table, day, kept, fence=writer.fence), before)
            staged.append(part)
            with writer.publication() as connection:
                if part.manifest.extraction:
                    _note_reason(connection, found, removed, run_id)
                connection.execute(load_sql(PACKAGE, "record_rewriting"), _facts(part.manifest))
                self.lake.publish(part)
        return ErasedPartition(table, day, sum(frame.height for frame in removed))

    def _sweep_staging(self, ids: pl.Series, run_id: str) -> None:
        """Remove what killed runs have staged of the account; its partition's lock owns it."""
        for table, day in self._abandoned(ids):
            with self.ledger.write([table], DayRange(day, day), run_id=run_id) as writer:
                shutil.rmtree(self._staging_of(table, day), ignore_errors=True)
                published = self.lake.manifest(table, day)
                if published:
                    facts = _facts(replace(published, fence=writer.fence))
                    writer.connection.execute(load_sql(PACKAGE, "record_rewriting"), facts)

    def _staging_of(self, table: str, day: date) -> Path:
        return self.lake.root / STAGING / table / f"date={day.isoformat()}"

    def _abandoned(self, ids: pl.Series) -> set[tuple[str, date]]:
        staging = self.lake.root / STAGING
        found: set[tuple[str, date]] = set()
        for table, rule in LAKE_RULES.items():
            for path in (staging / table).glob("date=*/*/*.parquet"):
                if not _is_whole(path) or count_named([path], rule.named_by, ids):
                    found.add((table, date.fromisoformat(path.parent.parent.name[5:])))
        return found


def affected_days(found: Iterable[ErasedPartition]) -> list[date]:
    """Days with rows that are gone, oldest first."""
    return sorted({partition.day for partition in found})


def _is_whole(path: Path) -> bool:
    """Whether a staged file can be read: not one that was being written when its run was killed."""
    try:
        pl.read_parquet_schema(path)
    except pl.exceptions.ComputeError:
        return False
    return True


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
    partition: ErasedPartition,
    removed: list[pl.DataFrame],
    run_id: str,
) -> None:
    """Say in the books of source changes whose numbers lost rows, and that they were erased."""
    owner = LAKE_RULES[partition.table].counts_for
    rows = pl.concat(removed)
    whose = rows[owner].bin.encode("hex") if owner else pl.repeat(None, rows.height, eager=True)
    counted = whose.cast(pl.String).alias("whose").to_frame().group_by("whose").len().rows()
    accounts, counts = zip(*counted, strict=True) if counted else ((), ())
    facts = {"table": partition.table, "day": partition.day, "run_id": run_id}
    connection.execute(
        load_sql(PACKAGE, "insert_erased_changes"),
        facts | {"accounts": list(accounts), "counts": list(counts)},
    )


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "table": manifest.table,
        "day": manifest.day,
        "load_id": manifest.load_id,
        "rows": manifest.rows,
        "fence": manifest.fence,
    }
