"""Restore a dump into a server of its own, and compare it with what was dumped."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from assets.lifecycle.backup_manifest import DumpManifest, TableContents, verify_files
from assets.lifecycle.database_dump import ARCHIVE, ROLES
from assets.lifecycle.scratch_server import scratch_server
from assets.lifecycle.table_contents import (
    definitions,
    object_counts,
    pin_spelling,
    sequence_positions,
    table_contents,
)
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.postgres import Postgres
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.errors import BackupFailedError, BrokenBackupError
from schema.migrate import migrate, require_current_schema

RESTORE_OPTIONS = ("--exit-on-error", "--jobs=2", "--no-password", "--dbname=service=sociallive")
# Indexes and rows are there, and fit together.
AMCHECK_OPTIONS = ("--install-missing", "--jobs=2", "--no-password", "service=sociallive")
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class DumpDrill:
    """What a restored dump held, how long the restore took, and what could not be tried."""

    tables: int
    rows: int
    restore_seconds: float
    notes: tuple[str, ...]


def try_dump(folder: Path, manifest: DumpManifest, scratch: Path) -> DumpDrill:
    """Verify the files, restore them, compare every table, and use the result.

    Raises:
        BrokenBackupError: a file is damaged, or the restored database differs; says where.
        UsageError: no programs here can restore it.
    """
    verify_files(folder, manifest.files)
    package = find_programs(major=manifest.programs_major, serving=True)
    began = time.monotonic()
    with scratch_server(scratch, package) as server:
        restored = Postgres(server.url)
        _restore(folder, restored, package)
        seconds = time.monotonic() - began
        with restored.administration() as connection:
            notes = _compare(connection, manifest)
        notes += check_pages(package, restored)
        if manifest.migrations:
            use_database(restored)
    rows = sum(table.rows for table in manifest.tables)
    return DumpDrill(len(manifest.tables), rows, seconds, notes)


def use_database(restored: Postgres) -> None:
    """Do what comes after a real restore: newer migrations, if any, and what runs every day.

    Raises:
        SchemaMismatchError: this code does not fit the restored schema.
    """
    migrate(restored.url)
    with restored.administration() as connection:
        require_current_schema(connection)
        connection.execute("SELECT refresh_popular_posts()")


def check_pages(package: PostgresPackage, restored: Postgres) -> tuple[str, ...]:
    """Have PostgreSQL look through all tables and indexes; what it could not, as a note.

    Raises:
        BrokenBackupError: it found damage.
    """
    if not package.program("pg_amcheck").exists():
        return ("pg_amcheck is not installed: pages and indexes were not looked through",)
    try:
        with service_file(restored.url) as service:
            run_program(package, "pg_amcheck", *AMCHECK_OPTIONS, service=service)
    except BackupFailedError as error:
        if "is not available" in str(error):
            return ("the extension amcheck is not installed: pages were not looked through",)
        raise BrokenBackupError(f"the restored database is damaged: {error}") from error
    return ()


def _restore(folder: Path, restored: Postgres, package: PostgresPackage) -> None:
    with restored.administration() as connection:
        connection.autocommit = True
        for statement in (folder / ROLES).read_text(encoding="utf-8").splitlines():
            try:
                connection.execute(statement.encode())
            except psycopg.errors.DuplicateObject:
                continue
    try:
        with service_file(restored.url) as service:
            run_program(package, "pg_restore", *RESTORE_OPTIONS, folder / ARCHIVE, service=service)
    except BackupFailedError as error:
        raise BrokenBackupError(f"{folder} does not restore: {error}") from error


def _compare(connection: psycopg.Connection, manifest: DumpManifest) -> tuple[str, ...]:
    """Refuse what differs; what could not be compared, as a note."""
    pin_spelling(connection)
    found = table_contents(connection)
    differences = [*table_differences(manifest.tables, found)]
    counted = object_counts(connection)
    differences += [
        f"{number} {kind}, {counted.get(kind, 0)} after the restore"
        for kind, number in manifest.objects.items()
        if counted.get(kind, 0) != number
    ]
    reached = sequence_positions(connection)
    differences += [
        f"sequence {name} had reached {number} and stands at {reached.get(name, 0)}"
        for name, number in manifest.sequences.items()
        if reached.get(name, 0) < number
    ]
    major = connection.info.server_version // 10_000
    is_comparable = major == manifest.server_major
    if is_comparable and manifest.definitions:
        differences += definition_differences(manifest.definitions, definitions(connection))
    if differences:
        more = len(differences) - MOST_NAMED
        said = "; ".join(differences[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        raise BrokenBackupError(
            f"backup {manifest.backup} restores to another database than it was made of: {said}"
        )
    other = f"of version {manifest.server_major} and were restored into {major}"
    return () if is_comparable else (f"definitions are {other}: they were not compared",)


def definition_differences(backed_up: Mapping[str, str], restored: Mapping[str, str]) -> list[str]:
    """Say which views, functions, indexes and so on are not what they were."""
    return [
        *(f"{name} is missing" for name in sorted(backed_up.keys() - restored.keys())),
        *(f"{name} was not backed up" for name in sorted(restored.keys() - backed_up.keys())),
        *(
            f"{name} is defined otherwise"
            for name in sorted(backed_up.keys() & restored.keys())
            if backed_up[name] != restored[name]
        ),
    ]


def table_differences(
    backed_up: Iterable[TableContents], restored: Iterable[TableContents]
) -> list[str]:
    """Say where two sets of tables differ; nothing means that they hold the same rows."""
    was, now = ({table.name: table for table in tables} for tables in (backed_up, restored))
    return [
        *(f"{name} is missing" for name in sorted(was.keys() - now.keys())),
        *(f"{name} was not backed up" for name in sorted(now.keys() - was.keys())),
        *(
            f"{name} had {was[name].rows:,} rows and has {now[name].rows:,}"
            for name in sorted(was.keys() & now.keys())
            if was[name].rows != now[name].rows
        ),
        *(
            f"{name} has other contents in its {was[name].rows:,} rows"
            for name in sorted(was.keys() & now.keys())
            if was[name].rows == now[name].rows and was[name] != now[name]
        ),
    ]
