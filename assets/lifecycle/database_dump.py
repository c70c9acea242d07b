"""A logical backup: pg_dump of one snapshot, with what a restore is compared with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg

from assets.lifecycle.backed_up_server import ServerFacts, require_all_rows, server_facts
from assets.lifecycle.backup_folder import DUMPS, BackupFolder, instant_of
from assets.lifecycle.backup_manifest import (
    MANIFEST,
    DumpManifest,
    describe_files,
    to_json,
)
from assets.lifecycle.table_contents import (
    definitions,
    object_counts,
    pin_spelling,
    sequence_positions,
    table_contents,
)
from assets.resources.clock import utc_now
from assets.resources.durable_files import write_private
from assets.resources.postgres import Postgres
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.connecting import ENCODING
from schema.sql import load_sql

ARCHIVE, ROLES = "database", "roles.sql"
DUMP_OPTIONS = (
    *("--format=directory", "--compress=6", "--jobs=2"),
    *("--no-password", "--lock-wait-timeout=60000"),
    # Else in what the database or the user prefers, which may lack characters.
    f"--encoding={ENCODING}",
)


def dump_database(postgres: Postgres, folder: BackupFolder, name: str) -> DumpManifest:
    """Dump the whole database; the backup appears under its name when it is complete.

    Raises:
        UsageError: the user does not see all rows, or no pg_dump is new enough or, where the server
            speaks TLS, speaks it too.
        BackupFailedError: pg_dump failed.
        StorageError: the disk is full.
    """
    with postgres.administration() as connection, folder.new(DUMPS, name) as unfinished:
        facts = server_facts(connection)
        require_all_rows(facts)
        encrypted = connection.pgconn.ssl_in_use
        programs = find_programs(major=facts.server_major, encrypted=encrypted)
        with (
            exported_snapshot(connection) as snapshot,
            service_file(postgres.url, within=unfinished.parent, encrypted=encrypted) as service,
        ):
            # Before pg_dump reads them: others count on meanwhile.
            sequences = sequence_positions(connection)
            where = (f"--file={unfinished / ARCHIVE}", f"--snapshot={snapshot}")
            run_program(
                programs, "pg_dump", *DUMP_OPTIONS, *where, service=service, fills=unfinished
            )
            manifest = replace(
                _described(connection, facts, name, programs_major=int(programs.major)),
                sequences=sequences,
            )
        run_program(programs, "pg_restore", "--list", unfinished / ARCHIVE)
        write_private(unfinished / ROLES, _roles(connection).encode())
        paths = [unfinished / ROLES, *(unfinished / ARCHIVE).iterdir()]
        manifest = replace(manifest, ended_at=utc_now(), files=describe_files(unfinished, paths))
        write_private(unfinished / MANIFEST, to_json(manifest).encode())
    return manifest


@contextmanager
def exported_snapshot(connection: psycopg.Connection) -> Iterator[str]:
    """Name of a snapshot that other sessions can join; the connection sees it for the block."""
    connection.rollback()
    pin_spelling(connection)
    connection.commit()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        if row is None:
            raise AssertionError("a SELECT without FROM returns one row")
        yield row[0]


def _described(
    connection: psycopg.Connection, facts: ServerFacts, name: str, *, programs_major: int
) -> DumpManifest:
    """What the snapshot holds."""
    return DumpManifest(
        backup=name,
        database=facts.database,
        server_version=facts.server_version,
        server_major=facts.server_major,
        programs_major=programs_major,
        started_at=instant_of(name),
        ended_at=instant_of(name),
        migrations=_migrations(connection),
        tables=table_contents(connection),
        objects=object_counts(connection),
        definitions=definitions(connection),
        files=[],
    )


def _migrations(connection: psycopg.Connection) -> list[str]:
    row = connection.execute("SELECT to_regclass('pipeline.schema_migrations')").fetchone()
    if row is None or row[0] is None:
        return []
    return [name for (name,) in connection.execute(load_sql(__package__, "select_migrations"))]


def _roles(connection: psycopg.Connection) -> str:
    statements = connection.execute(load_sql(__package__, "select_roles")).fetchall()
    return "".join(f"{statement}\n" for (statement,) in statements)
