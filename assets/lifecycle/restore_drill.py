"""Prove that the newest backup restores: in servers of its own, compared, timed, recorded."""

from dataclasses import dataclass, replace
from pathlib import Path

from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder, name_of
from assets.lifecycle.backup_manifest import read_base_manifest, read_dump_manifest
from assets.lifecycle.drill_records import DrillRecord, write_record
from assets.lifecycle.dump_drill import try_dump
from assets.lifecycle.recovery_drill import try_base
from assets.resources.clock import utc_now
from schema.errors import PipelineError, UsageError

NO_BASE = "there is no base backup: nothing was recovered to a point in time"


def drill(site: BackupSite) -> DrillRecord:
    """Restore the newest dump and recover the newest base backup; keep what came of it.

    Raises:
        UsageError: there is no backup, or no programs that could restore it.
        BrokenBackupError: it is damaged or restores to something else; this is recorded too.
        PartitionLockedError: a backup or another drill is at work.
    """
    with site.folder.lock():
        dumps = site.folder.names(DUMPS)
        if not dumps:
            raise UsageError("there is no backup yet: `sociallive backup` takes one")
        attempt = _Attempt(site.folder, site.scratch, _wal_archive(site))
        record = DrillRecord(
            drill=name_of(utc_now()),
            dump=dumps[-1],
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
            record = attempt.base(attempt.dump(record))
        except PipelineError as error:
            write_record(site.folder, replace(record, failure=str(error)))
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
        bases = self.folder.names(BASES)
        if not bases:
            return replace(record, notes=(*record.notes, NO_BASE))
        path = self.folder.path(BASES, bases[-1])
        manifest = read_base_manifest(path)
        done = try_base(path, manifest, self.wal_archive, self.scratch)
        return replace(
            record,
            base=manifest.backup if done.tried else None,
            recovery_seconds=done.seconds,
            recovered_until=done.recovered_until,
            notes=(*record.notes, *done.notes),
        )


def _wal_archive(site: BackupSite) -> Path | None:
    archive = site.embedded.wal_archive if site.embedded else None
    return archive if archive and archive.is_dir() else None
