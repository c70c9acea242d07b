"""What is wrong with the published files of the lake, by comparing them with their manifests."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from assets.resources.lake import Lake
from assets.resources.manifest import MANIFEST, DataFile, sha256_of
from schema.errors import CorruptPartitionError


class Defect(StrEnum):
    """Ways in which a partition can differ from what was published."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    CHANGED = "changed"
    STRAY = "stray file"
    UNREADABLE = "unreadable manifest"


@dataclass(frozen=True, slots=True)
class Damage:
    """One defect of one file; `evidence` says how it shows."""

    table: str
    day: date
    path: Path
    defect: Defect
    evidence: str


def inspect_partition(lake: Lake, table: str, day: date, *, with_digests: bool) -> list[Damage]:
    """Compare the files of a partition with its manifest; without one, every file is a stray.

    With digests every byte and every Parquet footer is read, a block at a time; without, names and
    sizes only. A partition that is published anew meanwhile is looked at again.
    """
    inspection = _Inspection(lake, table, day, with_digests=with_digests)
    while True:
        version = inspection.version()
        damages = list(inspection.damages())
        if inspection.version() == version:
            return damages


@dataclass(frozen=True, slots=True)
class _Inspection:
    lake: Lake
    table: str
    day: date
    with_digests: bool

    @property
    def folder(self) -> Path:
        """Where the partition lies."""
        return self.lake.partition_folder(self.table, self.day)

    def version(self) -> tuple[int, int] | None:
        """What changes when the partition is published anew."""
        try:
            facts = (self.folder / MANIFEST).stat()
        except FileNotFoundError:
            return None
        return facts.st_ino, facts.st_mtime_ns

    def damages(self) -> Iterator[Damage]:
        """Everything that is wrong; nothing more can be said under an unreadable manifest."""
        try:
            manifest = self.lake.manifest(self.table, self.day)
        except CorruptPartitionError:
            yield self._damage(MANIFEST, Defect.UNREADABLE, "it does not list the day's files")
            return
        files = manifest.files if manifest else []
        if manifest and (manifest.table, manifest.day) != (self.table, self.day):
            yield self._damage(
                MANIFEST, Defect.CHANGED, f"it is that of {manifest.table} of {manifest.day}"
            )
        yield from self._strays({MANIFEST, *(file.name for file in files)})
        for file in files:
            yield from self._inspect(file)

    def _strays(self, named: set[str]) -> Iterator[Damage]:
        paths = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        for path in paths:
            if path.name not in named and not path.is_dir():
                yield self._damage(path.name, Defect.STRAY, "the manifest does not name it")

    def _inspect(self, file: DataFile) -> Iterator[Damage]:
        path = self.folder / file.name
        try:
            size = path.stat().st_size
            if size != file.size_bytes:
                yield self._of_another_size(file, size)
            elif self.with_digests:
                yield from self._of_other_content(file)
        except FileNotFoundError:
            yield self._damage(file.name, Defect.MISSING, f"{file.rows} rows were published")

    def _of_another_size(self, file: DataFile, size: int) -> Damage:
        """A file that lost its end has no footer any more; one that has was written anew."""
        is_cut = size < file.size_bytes and _rows_of(self.folder / file.name) is None
        defect = Defect.TRUNCATED if is_cut else Defect.CHANGED
        return self._damage(file.name, defect, f"{size} bytes instead of {file.size_bytes}")

    def _of_other_content(self, file: DataFile) -> Iterator[Damage]:
        path = self.folder / file.name
        if sha256_of(path) != file.sha256:
            yield self._damage(file.name, Defect.CHANGED, "other bytes than were published")
        elif (rows := _rows_of(path)) != file.rows:
            yield self._damage(
                MANIFEST, Defect.CHANGED, f"{file.rows} rows for a file of {rows or 'no'} rows"
            )

    def _damage(self, name: str, defect: Defect, evidence: str) -> Damage:
        return Damage(self.table, self.day, self.folder / name, defect, evidence)


def _rows_of(path: Path) -> int | None:
    """Rows as a Parquet footer has them; None where there is no footer."""
    try:
        rows: int = pq.read_metadata(path).num_rows
    except pa.ArrowInvalid:
        return None
    return rows
