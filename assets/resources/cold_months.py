"""The cold store: months of archived engagement as Parquet, found through manifests and a chain."""

import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from assets.resources.advisory_lock import held_lock
from assets.resources.cold_manifest import (
    TABLE,
    WITHOUT_CHAIN,
    Chain,
    ColdManifest,
    Link,
    Signed,
    digest_of,
    month_name,
    read_chain,
    read_cold_manifest,
    write_chain,
    write_cold_manifest,
)
from assets.resources.durable_files import fsync_path, write_synced
from assets.resources.lake import discarded_on_failure
from assets.resources.manifest import MANIFEST, DataFile
from assets.resources.parquet import refuse_unwritable, write_parquet
from assets.resources.postgres import Postgres, Role
from schema.errors import CorruptPartitionError
from schema.sql import load_sql

CHAIN = "chain.json"
STAGING = "_staging"
BUSY = "another run is writing the cold store: wait until it has ended, then run again"


@dataclass(frozen=True, slots=True)
class StagedMonth:
    """Files of a month that are written, fsynced and invisible."""

    month: date
    load_id: str
    folder: Path
    files: list[DataFile]

    @property
    def paths(self) -> list[Path]:
        """Where the files are."""
        return [self.folder / file.name for file in self.files]

    def name_of(self, part: int) -> str:
        """Name of the file of a part, if the part has rows."""
        return _part_name(self.load_id, part)


@dataclass(frozen=True, slots=True)
class ColdStore:
    """Months below `<root>/user_engagement/month=YYYY-MM/`, and `chain.json` beside them.

    Whoever writes holds `writing()`. A month is published by the rename of its manifest; the chain
    is told right after, or by `finish()` when the writer was killed in between.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """Folder of the table."""
        return self.root / TABLE

    def month_folder(self, month: date) -> Path:
        """Folder of one month."""
        return self.folder / f"month={month_name(month)}"

    def chain(self) -> Chain:
        """The chain of manifests.

        Raises:
            CorruptPartitionError: it cannot be read, or is gone while months are there.
        """
        path = self.folder / CHAIN
        # Only the first month that was ever written can be there before its chain.
        if not path.exists() and len(self.published_months()) > 1:
            raise CorruptPartitionError(f"{path} is gone: {WITHOUT_CHAIN}")
        return read_chain(path)

    def months(self) -> list[date]:
        """Months that have a folder, oldest first."""
        names = sorted(path.name.removeprefix("month=") for path in self.folder.glob("month=*-*"))
        return [date.fromisoformat(f"{name}-01") for name in names]

    def published_months(self) -> list[date]:
        """Months that have a manifest: a writer that was killed may leave a folder without."""
        return [month for month in self.months() if (self.month_folder(month) / MANIFEST).exists()]

    def manifest(self, month: date) -> ColdManifest | None:
        """Manifest of a month, or none.

        Raises:
            CorruptPartitionError: it cannot be read.
        """
        found = self.signed_manifest(month)
        return found[0] if found else None

    def signed_manifest(self, month: date) -> Signed | None:
        """Manifest of a month with its digest, or none."""
        return read_cold_manifest(self.month_folder(month) / MANIFEST)

    def paths(self, manifest: ColdManifest) -> list[Path]:
        """Files of a month."""
        return [self.month_folder(manifest.month) / file.name for file in manifest.files]

    @contextmanager
    def writing(self, postgres: Postgres) -> Iterator[None]:
        """Hold the cold store for one writer, and finish first what a killed one left.

        Raises:
            PartitionLockedError: another run writes it.
        """
        with (
            postgres.session(Role.READER, autocommit=True) as connection,
            held_lock(connection, load_sql(__package__, "try_lock_cold_store"), refusal=BUSY),
        ):
            self.finish()
            yield

    def finish(self) -> None:
        """Tell the chain of a manifest that it does not know yet, and remove what was left over."""
        shutil.rmtree(self.folder / STAGING, ignore_errors=True)
        chain = self.chain()
        for month in self.months():
            with suppress_unreadable():
                found = self.signed_manifest(month)
                if found and chain.is_continued_by(found[0]):
                    self._link(chain, *found)
                if found:
                    self._sweep(found[0])

    def stage(self, month: date, parts: Iterable[Iterable[pl.DataFrame]]) -> StagedMonth:
        """Write rows out of sight, one file a part; a part without rows has no file.

        Raises:
            StorageError: the disk is full or cannot be written.
        """
        load_id = uuid.uuid4().hex
        folder = self.folder / STAGING / load_id
        with refuse_unwritable(folder), discarded_on_failure(folder):
            folder.mkdir(parents=True)
            files = [
                file
                for number, batches in enumerate(parts)
                for file in write_parquet(folder / _part_name(load_id, number), batches)
            ]
        return StagedMonth(month, load_id, folder, files)

    def keep(self, staged: StagedMonth, manifest: ColdManifest) -> StagedMonth:
        """Add the files that are published to staged ones: the same files under the same names."""
        with refuse_unwritable(staged.folder):
            for path in self.paths(manifest):
                os.link(path, staged.folder / path.name)
        return replace(staged, files=[*manifest.files, *staged.files])

    def publish(self, staged: StagedMonth, manifest: ColdManifest) -> None:
        """Make staged files the visible ones; the manifest's rename is the commit."""
        target = self.month_folder(staged.month)
        text = write_cold_manifest(manifest)
        with refuse_unwritable(target):
            write_synced(staged.folder / MANIFEST, text.encode())
            target.mkdir(parents=True, exist_ok=True)
            for folder in (target.parent, self.root, self.root.parent):
                fsync_path(folder)
            for path in staged.paths:
                path.replace(target / path.name)
            fsync_path(target)
            (staged.folder / MANIFEST).replace(target / MANIFEST)
            fsync_path(target)
            self._link(self.chain(), manifest, digest_of(text))
        self._sweep(manifest)
        shutil.rmtree(staged.folder, ignore_errors=True)

    def _link(self, chain: Chain, manifest: ColdManifest, digest: str) -> None:
        link = Link(manifest.sequence, manifest.month, digest, manifest.previous)
        chain.links.append(link)
        written = self.folder / f"_{CHAIN}"
        with refuse_unwritable(written):
            write_synced(written, write_chain(chain).encode())
            written.replace(self.folder / CHAIN)
            fsync_path(self.folder)

    def _sweep(self, manifest: ColdManifest) -> None:
        """Remove what the manifest does not name, unless something that it names is missing."""
        if not all(path.exists() for path in self.paths(manifest)):
            return
        kept = {MANIFEST, *(file.name for file in manifest.files)}
        for path in self.month_folder(manifest.month).iterdir():
            if path.name not in kept and path.name.startswith("part-"):
                path.unlink(missing_ok=True)


@contextmanager
def suppress_unreadable() -> Iterator[None]:
    """Leave a manifest that cannot be read to whoever verifies the store."""
    try:
        yield
    except CorruptPartitionError:
        return


def _part_name(load_id: str, number: int) -> str:
    return f"part-{load_id}-{number}.parquet"
