"""Back the database up: a dump, a base backup where that is possible, and retention."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder, instant_of, name_of
from assets.lifecycle.backup_manifest import BaseManifest, DumpManifest
from assets.lifecycle.backup_retention import bases_to_keep, dumps_to_keep
from assets.lifecycle.base_backup import BaseBackup, remove_old_segments, take_base
from assets.lifecycle.database_dump import dump_database
from assets.lifecycle.drill_records import newest_proven
from assets.resources.clock import utc_now
from assets.resources.embedded import EmbeddedPostgres
from assets.resources.postgres import Postgres

NOT_ASKED = "only a dump was asked for"


@dataclass(frozen=True, slots=True)
class BackupSite:
    """What is backed up and where to; `embedded` where the server is ours.

    `scratch` is where a drill may run a server of its own: a folder that is there for nothing else.
    """

    postgres: Postgres
    embedded: EmbeddedPostgres | None
    folder: BackupFolder
    scratch: Path


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What one backup made and what it removed; `left_out` says what it could not do, and why."""

    dump: DumpManifest
    base: BaseManifest | None
    left_out: str | None
    removed: tuple[str, ...]


def back_up(site: BackupSite, *, with_base: bool = True) -> BackupReport:
    """Take a backup, publish it, and then remove those that need not be kept any more.

    Raises:
        UsageError: the user does not see all rows, or no program is new enough.
        BackupFailedError: a program failed; nothing was removed.
        StorageError: the disk is full.
        PartitionLockedError: another backup or a drill is at work.
    """
    with site.folder.lock():
        name = name_of(utc_now())
        dump = dump_database(site.postgres, site.folder, name)
        base = BaseBackup(None, NOT_ASKED)
        if with_base:
            base = take_base(site.postgres, site.embedded, site.folder, name)
        return BackupReport(dump, base.manifest, base.left_out, tuple(_retain(site)))


def _retain(site: BackupSite) -> list[str]:
    """Remove what retention does not keep, and the log that only that needed."""
    removed, now = [], utc_now()
    for kind, to_keep in ((DUMPS, dumps_to_keep), (BASES, bases_to_keep)):
        names = site.folder.names(kind)
        kept = to_keep(map(instant_of, names), _proven(site.folder, kind, now), now)
        for name in names:
            if instant_of(name) not in kept:
                site.folder.remove(kind, name)
                removed.append(f"{kind}/{name}")
    if site.embedded:
        remove_old_segments(site.embedded, site.folder)
    return removed


def _proven(folder: BackupFolder, kind: str, now: datetime) -> datetime | None:
    name = newest_proven(folder, kind, now)
    return instant_of(name) if name else None
