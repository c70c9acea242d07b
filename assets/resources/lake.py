"""The lake: hive-partitioned Parquet, read through manifests, published by rename."""

import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from assets.resources.durable_files import fsync_path
from assets.resources.manifest import (
    MANIFEST,
    Computation,
    Extraction,
    Manifest,
    read_manifest,
    write_manifest,
)
from assets.resources.parquet import read_batches, refuse_unwritable, write_parquet
from schema.errors import (
    CorruptPartitionError,
    MissingPartitionError,
    UsageError,
)

STAGING = "_staging"


@dataclass(frozen=True, slots=True)
class StagedPartition:
    """A partition that is written, fsynced and invisible."""

    manifest: Manifest
    folder: Path

    def extracted(self, extraction: Extraction) -> "StagedPartition":
        """The same, with the facts of its extraction."""
        return replace(self, manifest=replace(self.manifest, extraction=extraction))

    def computed(self, computation: Computation | None) -> "StagedPartition":
        """The same, with the facts of its computation."""
        return replace(self, manifest=replace(self.manifest, computation=computation))


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

    def published_days(self, table: str) -> list[date]:
        """Days that this table has published, oldest first."""
        manifests = (self.root / table).glob(f"date=*/{MANIFEST}")
        names = sorted(path.parent.name.removeprefix("date=") for path in manifests)
        return [date.fromisoformat(name) for name in names]

    def is_intact(self, table: str, day: date) -> bool:
        """Whether the partition is published and its files are there in their published sizes."""
        try:
            self.files(table, [day])
        except (MissingPartitionError, CorruptPartitionError):
            return False
        return True

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
            if _size_of(path) != file.size_bytes:
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
    ) -> StagedPartition:
        """Write a partition's rows out of sight; an empty one has no file.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        load_id = uuid.uuid4().hex
        folder = self.root / STAGING / table / f"date={day.isoformat()}" / load_id
        with refuse_unwritable(folder), discarded_on_failure(folder):
            # The holder of the partition's lock owns its staging: older content is a crash's.
            shutil.rmtree(folder.parent, ignore_errors=True)
            folder.mkdir(parents=True)
            files = write_parquet(folder / f"{load_id}.parquet", batches)
        return StagedPartition(Manifest(table, day, load_id, fence, files), folder)

    def stage_copy(self, manifest: Manifest, *, fence: int) -> StagedPartition:
        """Stage what is published once more, with the facts of its extraction."""
        batches = read_batches(self.files(manifest.table, [manifest.day]))
        copy = self.stage(manifest.table, manifest.day, batches, fence=fence)
        return replace(copy, manifest=replace(copy.manifest, extraction=manifest.extraction))

    def add(self, staged: StagedPartition, rows: pl.DataFrame) -> StagedPartition:
        """Add rows to a staged partition, in a file of their own."""
        path = staged.folder / f"{staged.manifest.load_id}-{len(staged.manifest.files)}.parquet"
        with refuse_unwritable(path):
            files = [*staged.manifest.files, *write_parquet(path, [rows])]
        return replace(staged, manifest=replace(staged.manifest, files=files))

    def staged_files(self, staged: StagedPartition) -> list[Path]:
        """Files of a staged partition."""
        return [staged.folder / file.name for file in staged.manifest.files]

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
            write_manifest(staged.manifest, staged.folder / MANIFEST)
            self._make_durably(target)
            for file in staged.manifest.files:
                (staged.folder / file.name).replace(target / file.name)
            fsync_path(target)
            (staged.folder / MANIFEST).replace(target / MANIFEST)
            fsync_path(target)
        self._sweep(target, staged)

    def _make_durably(self, target: Path) -> None:
        """Make a folder whose name survives a power loss, like those of its parents."""
        missing = [path for path in (target, *target.parents) if not path.exists()]
        target.mkdir(parents=True, exist_ok=True)
        for path in missing:
            fsync_path(path.parent)

    def _sweep(self, target: Path, staged: StagedPartition) -> None:
        """Remove what the new manifest no longer names, and the empty staging folders."""
        kept = {file.name for file in staged.manifest.files} | {MANIFEST}
        for path in target.iterdir():
            if path.name not in kept and not path.is_dir():
                path.unlink(missing_ok=True)
        shutil.rmtree(staged.folder.parent, ignore_errors=True)


def _size_of(path: Path) -> int | None:
    """Bytes of a file that a run may be replacing just now; none where it is gone."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


@contextmanager
def discarded_on_failure(folder: Path) -> Iterator[None]:
    """Remove a staged partition's folder unless the block succeeds."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
