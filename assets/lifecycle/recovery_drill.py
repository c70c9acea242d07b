"""Recover a base backup with the archived log, and look for the marker at its end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assets.lifecycle.backup_manifest import BaseManifest, verify_files
from assets.lifecycle.base_backup import DATA, verify_base
from assets.lifecycle.dump_drill import check_pages
from assets.lifecycle.scratch_server import address, recovered_server
from assets.lifecycle.wal_archive import archived_segments, require_segments
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.postgres import Postgres
from assets.resources.postgres_programs import find_programs
from schema.errors import BackupFailedError, BrokenBackupError, DatabaseUnavailableError, UsageError
from schema.sql import load_sql


@dataclass(frozen=True, slots=True)
class RecoveryDrill:
    """How long a recovery took and how far it got; or why it was not tried."""

    tried: bool
    seconds: float | None = None
    recovered_until: datetime | None = None
    notes: tuple[str, ...] = ()


def try_base(
    folder: Path, manifest: BaseManifest, wal_archive: Path | None, scratch: Path
) -> RecoveryDrill:
    """Verify the files and the log, recover to the log's end, and find the newest marker there.

    Raises:
        BrokenBackupError: a file or segment is missing or damaged, or the recovery ends too early.
    """
    verify_files(folder, manifest.files)
    try:
        package = find_programs(major=manifest.server_major, exactly=True, serving=True)
    except UsageError as error:
        return RecoveryDrill(tried=False, notes=(f"the base backup was not recovered: {error}",))
    _verify(folder, manifest, wal_archive, package)
    began = time.monotonic()
    with recovered(folder, manifest, wal_archive, scratch) as restored:
        seconds = time.monotonic() - began
        until = _marker(restored, manifest) if manifest.marker_segment else None
        notes = check_pages(package, restored)
    return RecoveryDrill(tried=True, seconds=seconds, recovered_until=until, notes=notes)


@contextmanager
def recovered(
    folder: Path,
    manifest: BaseManifest,
    wal_archive: Path | None,
    scratch: Path,
    *,
    until: datetime | None = None,
) -> Iterator[Postgres]:
    """The database of a base backup as it was at a moment, or else at the end of the log.

    Raises:
        BrokenBackupError: the recovery fails, as when the log ends before that moment.
    """
    package = find_programs(major=manifest.server_major, exactly=True, serving=True)
    target = {"recovery_target_time": until.isoformat()} if until else {}
    try:
        with recovered_server(scratch, package, folder / DATA, wal_archive, target) as server:
            user, database = manifest.superuser, manifest.database
            yield Postgres(address(server, user=user, database=database))
    except DatabaseUnavailableError as error:
        raise BrokenBackupError(
            f"base backup {manifest.backup} does not recover: {error}"
        ) from error


def _verify(
    folder: Path, manifest: BaseManifest, wal_archive: Path | None, package: PostgresPackage
) -> None:
    try:
        verify_base(package, folder / DATA, server_major=manifest.server_major)
    except BackupFailedError as error:
        raise BrokenBackupError(
            f"base backup {folder} is damaged: {error}; take a new one with `sociallive backup`"
        ) from error
    if manifest.marker_segment and wal_archive:
        first, size = manifest.first_segment, manifest.segment_bytes
        same_timeline = [s for s in archived_segments(wal_archive) if s[:8] == first[:8]]
        last = max([manifest.marker_segment, *same_timeline])
        require_segments(wal_archive, first, last, segment_bytes=size)


def _marker(restored: Postgres, manifest: BaseManifest) -> datetime:
    """When the backup's marker was committed.

    Raises:
        BrokenBackupError: the recovery ended before that.
    """
    with restored.administration() as connection:
        found = connection.execute(
            load_sql(__package__, "find_backup_marker"), {"backup": manifest.backup}
        ).fetchone()
    if found is None:
        raise BrokenBackupError(
            f"base backup {manifest.backup} recovers to a moment before its own marker: the "
            f"archived log ends before segment {manifest.marker_segment}"
        )
    moment: datetime = found[0]
    return moment
