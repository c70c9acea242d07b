"""The lake: hive-partitioned Parquet, read through manifests, published by rename."""

import errno
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from assets.resources.manifest import (
    MANIFEST,
    DataFile,
    Extraction,
    Manifest,
    fsync_folder,
    read_manifest,
    sha256_of,
    write_manifest,
)
from schema.errors import (
    CorruptPartitionError,
    MissingPartitionError,
    StorageError,
    UsageError,
)
from schema.windows import DayRange, consecutive

STAGING = "_staging"
# A day's file holds row groups of this size: small enough to prune, large enough to compress.
ROW_GROUP_ROWS = 131_072
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True, slots=True)
class StagedPartition:
    """A partition that is written, fsynced and invisible."""

    manifest: Manifest
    folder: Path


@dataclass(frozen=True)
class Lake:
    """Published tables below one folder: `<root>/<table>/date=YYYY-MM-DD/`."""

    root: Path

    def __post_init__(self) -> None:
        """Refuse a place whose name engines would read as the day of every row."""
        if any(part.startswith("date=") for part in self.root.parts):
            raise UsageError(
                f"{self.root}: a folder called date=… would be taken for the day of every row: "
                "set SOCIALLIVE_HOME to another place"
            )

    def partition_folder(self, table: str, day: date) -> Path:
        """Folder of one partition."""
        return self.root / table / f"date={day.isoformat()}"

    def manifest(self, table: str, day: date) -> Manifest | None:
        """Manifest of a published partition, or none."""
        return read_manifest(self.partition_folder(table, day))

    def missing_days(self, table: str, days: Iterable[date]) -> list[date]:
        """Those of the days that this table has not published."""
        return [day for day in days if not (self.partition_folder(table, day) / MANIFEST).exists()]

    def days_to_publish(
        self, tables: Iterable[str], days: DayRange, *, history: list[date]
    ) -> list[DayRange]:
        """The asked days, and those of their history that one of the tables has never published."""
        unseen = {day for table in tables for day in self.missing_days(table, history)}
        return consecutive(sorted(unseen | set(days)))

    def files(self, table: str, days: Iterable[date]) -> list[Path]:
        """Published files of the days, in their order.

        Raises:
            MissingPartitionError: a day has not been published.
            CorruptPartitionError: a published file is gone or has another size.
        """
        return [path for day in days for path in self._partition_files(table, day)]

    def _partition_files(self, table: str, day: date) -> Iterator[Path]:
        folder = self.partition_folder(table, day)
        manifest = read_manifest(folder)
        if manifest is None:
            raise MissingPartitionError(
                f"the lake has no {table} of {day}: run `sociallive run --date {day}` first"
            )
        for file in manifest.files:
            path = folder / file.name
            if not path.exists() or path.stat().st_size != file.size_bytes:
                raise CorruptPartitionError(
                    f"{path} is missing or not the {file.size_bytes} bytes that were published: "
                    f"run `sociallive run --date {day}` to ingest the day again"
                )
            yield path

    def stage(
        self,
        table: str,
        day: date,
        batches: Iterable[pl.DataFrame],
        *,
        fence: int,
        extraction: Extraction | None = None,
    ) -> StagedPartition:
        """Write a partition out of sight; an empty one has a manifest and no file.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        load_id = uuid.uuid4().hex
        folder = self.root / STAGING / table / f"date={day.isoformat()}" / load_id
        with refuse_unwritable(folder), _discarded_on_failure(folder):
            # The holder of the partition's lock owns its staging: older content is a crash's.
            shutil.rmtree(folder.parent, ignore_errors=True)
            folder.mkdir(parents=True)
            files = write_parquet(folder / f"{load_id}.parquet", batches)
            manifest = Manifest(table, day, load_id, fence, files, extraction)
            write_manifest(manifest, folder / MANIFEST)
            fsync_folder(folder)
        return StagedPartition(manifest, folder)

    @contextmanager
    def staging(self) -> Iterator[list[StagedPartition]]:
        """Collect what is staged to be published together; a failure leaves none of it behind."""
        staged: list[StagedPartition] = []
        try:
            yield staged
        except BaseException:
            for part in staged:
                shutil.rmtree(part.folder.parent, ignore_errors=True)
            raise

    def publish(self, staged: StagedPartition) -> None:
        """Make a staged partition the visible one; the manifest's rename is the commit."""
        target = self.partition_folder(staged.manifest.table, staged.manifest.day)
        with refuse_unwritable(target):
            self._make_durably(target)
            for file in staged.manifest.files:
                (staged.folder / file.name).replace(target / file.name)
            fsync_folder(target)
            (staged.folder / MANIFEST).replace(target / MANIFEST)
            fsync_folder(target)
        self._sweep(target, staged)

    def _make_durably(self, target: Path) -> None:
        """Make a folder whose name survives a power loss, like those of its parents."""
        missing = [path for path in (target, *target.parents) if not path.exists()]
        target.mkdir(parents=True, exist_ok=True)
        for path in missing:
            fsync_folder(path.parent)

    def _sweep(self, target: Path, staged: StagedPartition) -> None:
        """Remove what the new manifest no longer names, and the empty staging folders."""
        kept = {file.name for file in staged.manifest.files} | {MANIFEST}
        for path in target.iterdir():
            if path.name not in kept and not path.is_dir():
                path.unlink(missing_ok=True)
        shutil.rmtree(staged.folder.parent, ignore_errors=True)


def write_parquet(path: Path, batches: Iterable[pl.DataFrame]) -> list[DataFile]:
    """Stream frames into one zstd file; no rows, no file."""
    writer: pq.ParquetWriter | None = None
    rows = 0
    try:
        for batch in batches:
            if batch.is_empty():
                continue
            table = batch.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(path, _plain(table.schema), compression="zstd")
            writer.write_table(table.cast(_plain(table.schema)), row_group_size=ROW_GROUP_ROWS)
            rows += batch.height
    finally:
        if writer is not None:
            writer.close()
    return [_finish(path, rows)] if writer is not None else []


def _plain(schema: pa.Schema) -> pa.Schema:
    """Ordinary strings and binaries: the types that every engine's Parquet reader knows."""
    plain = {pa.large_string(): pa.string(), pa.large_binary(): pa.binary()}
    return pa.schema([field.with_type(plain.get(field.type, field.type)) for field in schema])


def _finish(path: Path, rows: int) -> DataFile:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return DataFile(path.name, rows, path.stat().st_size, sha256_of(path))


@contextmanager
def _discarded_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def refuse_unwritable(path: Path) -> Iterator[None]:
    """Turn a full or read-only disk into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in NO_SPACE or "No space left" in str(error)
        reason = (
            "the disk is full: free some space" if full else f"it cannot be written ({error}): mend"
        )
        raise StorageError(
            f"{path}: {reason} and run the day again; what was published before is untouched"
        ) from error
