"""A physical backup: the whole server, and the write-ahead log that leads on from it."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from assets.lifecycle.backed_up_server import ServerFacts, server_facts
from assets.lifecycle.backup_folder import (
    BASES,
    BackupFolder,
    instant_of,
)
from assets.lifecycle.backup_manifest import (
    MANIFEST,
    BaseManifest,
    describe_files,
    read_base_manifest,
    to_json,
)
from assets.lifecycle.wal_archive import COMPRESSED
from assets.resources.clock import utc_now
from assets.resources.durable_files import write_private
from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.postgres import Postgres
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.errors import BackupFailedError, BrokenBackupError
from schema.sql import load_sql

DATA = "data"
ALL_OTHERS = 0o077

BASE_OPTIONS = (
    *("--format=plain", "--wal-method=stream", "--checkpoint=fast"),
    *("--manifest-checksums=SHA256", "--no-password"),
)
FIRST_SEGMENT = re.compile(r"^START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)", re.MULTILINE)
# What libpq says where pg_hba.conf allows everything but replication.
NOT_ALLOWED = "no pg_hba.conf entry for replication"
ARCHIVING_TIMEOUT_S = 60
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class BaseBackup:
    """The backup that was taken, or why none was; and what keeps it from point-in-time recovery."""

    manifest: BaseManifest | None
    left_out: str | None = None


def take_base(
    postgres: Postgres, embedded: EmbeddedPostgres | None, folder: BackupFolder, name: str
) -> BaseBackup:
    """Copy the server's files while it runs; the backup appears under its name when complete.

    Raises:
        UsageError: no pg_basebackup is new enough or, where the server speaks TLS, speaks it too.
        BackupFailedError: the copy failed or does not verify, or the log was not archived.
        StorageError: the disk is full.
    """
    with postgres.administration() as connection:
        facts = server_facts(connection)
        if facts.obstacle_to_base:
            return BaseBackup(None, facts.obstacle_to_base)
        connection.rollback()
        if embedded:
            embedded.want_archive()
        try:
            return _take(postgres, connection, facts, embedded, folder, name)
        except BackupFailedError as error:
            if embedded and not folder.names(BASES):
                embedded.forgo_archive()
            if NOT_ALLOWED in str(error):
                return BaseBackup(None, "pg_hba.conf of the server allows no replication from here")
            raise


def remove_old_segments(embedded: EmbeddedPostgres, folder: BackupFolder) -> None:
    """Remove archived log that no kept base backup begins before.

    Raises:
        BackupFailedError: pg_archivecleanup failed.
    """
    needed = []
    for name in folder.names(BASES):
        # One that cannot be read cannot be restored either; the drill tells when it is the newest.
        with suppress(BrokenBackupError):
            needed.append(read_base_manifest(folder.path(BASES, name)).first_segment)
    if needed and embedded.wal_archive.is_dir():
        # Timelines aside, names of segments are in the order of the log.
        oldest = min(needed, key=lambda segment: segment[8:])
        options = ("-x", COMPRESSED, embedded.wal_archive, oldest)
        run_program(embedded.package, "pg_archivecleanup", *options)


def _take(
    postgres: Postgres,
    connection: psycopg.Connection,
    facts: ServerFacts,
    embedded: EmbeddedPostgres | None,
    folder: BackupFolder,
    name: str,
) -> BaseBackup:
    encrypted = connection.pgconn.ssl_in_use
    programs = find_programs(major=facts.server_major, encrypted=encrypted)
    with (
        folder.new(BASES, name) as unfinished,
        service_file(postgres.url, within=unfinished.parent, encrypted=encrypted) as service,
    ):
        data = unfinished / DATA
        options = (*BASE_OPTIONS, f"--label={name}", f"--pgdata={data}")
        run_program(programs, "pg_basebackup", *options, service=service, fills=unfinished)
        close_to_others(data)
        verify_base(programs, data, server_major=facts.server_major)
        marker_segment = None
        if embedded and facts.archives:
            marker_segment = _mark(connection, name)
        if embedded and marker_segment:
            _await_segment(embedded, marker_segment)
        manifest = BaseManifest(
            backup=name,
            database=facts.database,
            superuser=facts.superuser,
            server_version=facts.server_version,
            server_major=facts.server_major,
            started_at=instant_of(name),
            ended_at=utc_now(),
            first_segment=first_segment(data),
            marker_segment=marker_segment,
            segment_bytes=facts.segment_bytes,
            size_bytes=sum(path.stat().st_size for path in data.rglob("*") if path.is_file()),
            files=describe_files(unfinished, [data / "backup_manifest"]),
        )
        write_private(unfinished / MANIFEST, to_json(manifest).encode())
    if marker_segment:
        return BaseBackup(manifest)
    return BaseBackup(manifest, _why_no_recovery(embedded, facts))


def verify_base(programs: PostgresPackage, data: Path, *, server_major: int) -> None:
    """Compare every file with the backup's own list, and read the log that it brought along.

    Raises:
        BackupFailedError: names the file.
    """
    # Only programs of the same version can read the log, and packages for clients lack that one.
    reads_log = int(programs.major) == server_major and programs.program("pg_waldump").exists()
    options = [] if reads_log else ["--no-parse-wal"]
    run_program(programs, "pg_verifybackup", "--exit-on-error", "--quiet", *options, data)


def close_to_others(data: Path) -> None:
    """Take the rights that a server's files may give to others."""
    for path in data.rglob("*"):
        mode = path.lstat().st_mode
        if mode & ALL_OTHERS and not path.is_symlink():
            path.chmod(mode & ~ALL_OTHERS)


def first_segment(data: Path) -> str:
    """Segment of the log with which a recovery of the backup begins."""
    found = FIRST_SEGMENT.search((data / "backup_label").read_text(encoding="utf-8"))
    if found is None:
        raise BackupFailedError(f"{data / 'backup_label'} names no segment: take another backup")
    return found[1]


def _mark(connection: psycopg.Connection, name: str) -> str | None:
    """Commit the backup's marker, and end the segment that it is in.

    A database that is not migrated yet has no place for a marker.
    """
    found = connection.execute("SELECT to_regclass('pipeline.backup_markers')").fetchone()
    if found is None or found[0] is None:
        return None
    connection.execute(load_sql(__package__, "place_backup_marker"), {"backup": name})
    # Before the segment ends: a marker that is committed in the next one is not archived yet.
    connection.commit()
    row = connection.execute(load_sql(__package__, "finish_wal_segment")).fetchone()
    connection.commit()
    if row is None:
        raise AssertionError("a SELECT without FROM returns one row")
    return str(row[0])


def _await_segment(embedded: EmbeddedPostgres, segment: str) -> None:
    archived = embedded.wal_archive / f"{segment}{COMPRESSED}"
    until = time.monotonic() + ARCHIVING_TIMEOUT_S
    while not archived.exists():
        if time.monotonic() > until:
            raise BackupFailedError(
                f"the server did not archive its log to {archived} within {ARCHIVING_TIMEOUT_S} s: "
                f"its own log in {embedded.log_path} says why"
            )
        time.sleep(POLL_S)


def _why_no_recovery(embedded: EmbeddedPostgres | None, facts: ServerFacts) -> str:
    if not embedded:
        return "the log of a server that is not ours is not archived: it restores to its own end"
    if not facts.archives:
        return "its log is archived from its next start on: `sociallive stop`, then back up again"
    return "the database has no table of markers yet: `sociallive migrate`, then back up again"
