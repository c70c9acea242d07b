"""Prove that the newest backup restores: in servers of its own, compared, timed, recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder, name_of
from assets.lifecycle.backup_manifest import read_base_manifest, read_dump_manifest
from assets.lifecycle.drill_records import DrillRecord, write_record
from assets.lifecycle.dump_drill import try_dump
from assets.lifecycle.recovery_drill import try_base
from assets.resources.clock import utc_now
from schema.errors import DatabaseUnavailableError, PipelineError, UsageError

NO_BASE = "there is no base backup: nothing was recovered to a point in time"


def drill(site: BackupSite) -> DrillRecord:
    """Restore the newest dump and recover the newest base backup; keep what came of it.

    Whatever stops it once there is a backup is recorded as its failure.

    Raises:
        UsageError: there is no backup, or no programs that could restore it.
        BrokenBackupError: it is damaged or restores to something else.
        DatabaseUnavailableError: the drill's own server gave up.
        PartitionLockedError: a backup or another drill is at work.
        StorageError: there is no room to restore it.
    """
    with site.folder.lock():
        now = utc_now()
        dump = site.folder.newest(DUMPS, now)
        if dump is None:
            raise UsageError("there is no backup yet: `sociallive backup` takes one")
        attempt = _Attempt(site.folder, site.scratch, _wal_archive(site))
        record = DrillRecord(
            drill=name_of(now),
            dump=dump,
            base=None,
            failure=None,
            tables=0,
            rows=0,
            size_bytes=0,
            restore_seconds=0,
            recovery_seconds=None,
            recovered_until=None,
        )
        try:
            with _clear_interruptions():
                record = attempt.base(attempt.dump(record))
        except Exception as error:
            write_record(site.folder, replace(record, failure=_reason(error)))
            raise
        write_record(site.folder, record)
        return record


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The two halves of a drill, each of which adds its findings to the record."""

    folder: BackupFolder
    scratch: Path
    wal_archive: Path | None

    def dump(self, record: DrillRecord) -> DrillRecord:
        path = self.folder.path(DUMPS, record.dump)
        manifest = read_dump_manifest(path)
        done = try_dump(path, manifest, self.scratch)
        return replace(
            record,
            tables=done.tables,
            rows=done.rows,
            size_bytes=manifest.size_bytes,
            restore_seconds=done.restore_seconds,
            notes=done.notes,
        )

    def base(self, record: DrillRecord) -> DrillRecord:
        newest = self.folder.newest(BASES, utc_now())
        if newest is None:
            return replace(record, notes=(*record.notes, NO_BASE))
        path = self.folder.path(BASES, newest)
        manifest = read_base_manifest(path)
        done = try_base(path, manifest, self.wal_archive, self.scratch)
        return replace(
            record,
            base=manifest.backup if done.tried else None,
            recovery_seconds=done.seconds,
            recovered_until=done.recovered_until,
            notes=(*record.notes, *done.notes),
        )


@contextmanager
def _clear_interruptions() -> Iterator[None]:
    """Tell in a sentence that a server of the drill's own gave up, without quoting any row."""
    try:
        yield
    except psycopg.Error as error:
        raise DatabaseUnavailableError(
            f"the drill's own server gave up ({type(error).__name__}, SQLSTATE {error.sqlstate}): "
            "look whether its disk is full, then run the drill again"
        ) from error


def _reason(error: Exception) -> str:
    """One sentence; a bug's message could quote somebody."""
    return str(error) if isinstance(error, PipelineError) else f"a bug: {type(error).__name__}"


def _wal_archive(site: BackupSite) -> Path | None:
    archive = site.embedded.wal_archive if site.embedded else None
    return archive if archive and archive.is_dir() else None
