"""Bring a database to the newest schema: ordered SQL files, each applied once and whole."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from schema.connecting import BEGIN_SESSION, DIALECT, ENCODING, clear_connection_errors
from schema.errors import DatabaseUnavailableError, SchemaMismatchError, UsageError
from schema.given_database import (
    close_public,
    refuse_occupied,
    refuse_other_encodings,
    rights_given_away,
    start_in_utc,
)
from schema.lock_retries import PATIENCES_MS, LockRetries
from schema.watched_connection import WatchedConnection

# Any number that no other lock of this database uses.
MIGRATION_LOCK = 7_146_021_835
OLDEST_SERVER = 150_000
# Roles belong to the whole server: two databases that migrate at once can collide on them.
COLLISIONS = (
    psycopg.errors.UniqueViolation,
    psycopg.errors.InternalError_,
    psycopg.errors.DuplicateObject,
)
ATTEMPTS = 5
OCCUPIED = (
    psycopg.errors.DuplicateTable,
    psycopg.errors.DuplicateObject,
    psycopg.errors.DuplicateSchema,
    psycopg.errors.DuplicateFunction,
)
# What the database, the user or the URL may have set otherwise: in another schema the tables would
# be lost to everybody, and only READ COMMITTED sees what a migration that we waited for has made.
SESSION = {
    **DIALECT,
    "search_path": "public",
    "lock_timeout": "0",
    "statement_timeout": "0",
    "idle_session_timeout": "0",
    "default_transaction_read_only": "off",
}
# A minute in all. Only who waits for longer than deadlock_timeout (1 s) is made room for by an
# autovacuum, which may take hours.
BESIDE_OTHERS = LockRetries((*PATIENCES_MS, *(2_000,) * 4))


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `schema/migrations`."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        """Digest of the file, to notice a change after it was applied."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a migration did."""

    applied: tuple[str, ...]
    version: str
    already: int
    notes: tuple[str, ...] = field(default=())


def known_migrations() -> list[Migration]:
    """All migrations that this code knows, in order."""
    folder = resources.files("schema") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=str)
    return [Migration(f.name.removesuffix(".sql"), f.read_text(encoding="utf-8")) for f in files]


def migrate(
    url: str,
    migrations: list[Migration] | None = None,
    retries: LockRetries = BESIDE_OTHERS,
) -> MigrationReport:
    """Apply what is missing; safe to repeat, to interrupt, and to start twice at once.

    Raises:
        SchemaMismatchError: the database has migrations that this code does not know or knows
            otherwise, or tables that somebody else made, or its server is too old.
        UsageError: the URL is not one, its user lacks a right that a migration needs, or everybody
            may create in `public`.
        DatabaseUnavailableError: the server cannot be reached or entered, or ended the session, or
            others held the locks for too long.
    """
    migrations = known_migrations() if migrations is None else migrations
    notes: list[str] = []
    with _session(url) as connection:
        connection.add_notice_handler(lambda notice: notes.append(notice.message_primary or ""))
        applied = _applied(connection)
        refuse_unknown(applied, migrations)
        if not applied:
            refuse_other_encodings(connection)
            refuse_occupied(connection, (migration.text for migration in migrations))
        close_public(connection)
        missing = [migration for migration in migrations if migration.name not in applied]
        for migration in missing:
            _apply(connection, migration, retries)
        # A first migration has set it, or said who can.
        if applied:
            notes.extend(start_in_utc(connection))
        notes.extend(rights_given_away(connection))
    return MigrationReport(
        applied=tuple(migration.name for migration in missing),
        version=migrations[-1].name,
        already=len(applied),
        notes=tuple(note for note in notes if note),
    )


def require_current_schema(connection: psycopg.Connection) -> None:
    """Refuse a database whose schema is not the one this code speaks.

    Raises:
        SchemaMismatchError: there is no schema, an older one, or a newer one.
    """
    migrations = known_migrations()
    applied = _applied(connection)
    connection.commit()
    if not applied:
        raise SchemaMismatchError(
            f"the database {connection.info.dbname} does not have the platform's schema: "
            "run `sociallive migrate`"
        )
    refuse_unknown(applied, migrations)
    missing = [migration.name for migration in migrations if migration.name not in applied]
    if missing:
        raise SchemaMismatchError(
            f"the database {connection.info.dbname} lacks {', '.join(missing)}: "
            "run `sociallive migrate`"
        )


def refuse_unknown(applied: dict[str, str], migrations: list[Migration]) -> None:
    """Refuse migrations that another version of the code has applied.

    Raises:
        SchemaMismatchError: names them.
    """
    known = {migration.name: migration.sha256 for migration in migrations}
    newer = sorted(set(applied) - set(known))
    if newer:
        raise SchemaMismatchError(
            f"the database has a newer schema than this code ({', '.join(newer)}): upgrade the code"
        )
    changed = sorted(name for name, digest in applied.items() if known[name] != digest)
    if changed:
        raise SchemaMismatchError(
            f"{', '.join(changed)} changed after the database had applied it: restore the file, "
            "and put the change into a new migration"
        )


@contextmanager
def _session(url: str) -> Iterator[psycopg.Connection]:
    """One session that holds the migration lock; a second migration waits here."""
    pinned = " ".join(f"-c {name}={value}" for name, value in SESSION.items())
    with clear_connection_errors(url):
        # The URL's own go first: they may name the role that is to own what is made.
        options = f"{conninfo_to_dict(url).get('options', '')} {pinned}".strip()
        connection = WatchedConnection.connect(
            url, autocommit=True, options=options, client_encoding=ENCODING
        )
    with connection:
        if connection.info.server_version < OLDEST_SERVER:
            raise SchemaMismatchError(
                f"PostgreSQL {connection.info.parameter_status('server_version')} is too old: "
                "15 or newer is needed"
            )
        connection.execute(BEGIN_SESSION)
        connection.watch(url)
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
            yield connection
        except psycopg.OperationalError as error:
            raise DatabaseUnavailableError(
                f"PostgreSQL ended the migration: {str(error).splitlines()[0]}. "
                "What was finished stays; run `sociallive migrate` again"
            ) from error


def _applied(connection: psycopg.Connection) -> dict[str, str]:
    """Names and digests of the migrations that the database has."""
    books = connection.execute("SELECT to_regclass('pipeline.schema_migrations')").fetchone()
    if books is None or books[0] is None:
        return {}
    rows = connection.execute("SELECT name, sha256 FROM pipeline.schema_migrations").fetchall()
    return dict(rows)


def _apply(connection: psycopg.Connection, migration: Migration, retries: LockRetries) -> None:
    try:
        retries.run(
            f"apply {migration.name}",
            lambda patience_ms: _apply_whole(connection, migration, patience_ms),
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise UsageError(_missing_right(connection, migration, error)) from error
    except OCCUPIED as error:
        raise SchemaMismatchError(
            f"{migration.name} cannot be applied to the database {connection.info.dbname}: "
            f"{error.diag.message_primary}, and not by `sociallive migrate`. "
            "Migrate a database of its own"
        ) from error


def _apply_whole(connection: psycopg.Connection, migration: Migration, patience_ms: int) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.transaction():
                connection.execute(
                    "SELECT set_config('lock_timeout', %s, TRUE)", [f"{patience_ms}"]
                )
                connection.execute(sql.SQL(migration.text))
                connection.execute(
                    "INSERT INTO pipeline.schema_migrations (name, sha256) VALUES (%s, %s)",
                    [migration.name, migration.sha256],
                )
        except COLLISIONS:
            if attempt == ATTEMPTS:
                raise
        else:
            return


def _missing_right(
    connection: psycopg.Connection, migration: Migration, error: psycopg.Error
) -> str:
    said = ". ".join(filter(None, (error.diag.message_primary, error.diag.message_detail)))
    return (
        f"{connection.info.user} may not apply {migration.name} to the database "
        f"{connection.info.dbname}: {said.rstrip('.')}. Migrate as the database's owner with "
        "CREATEROLE, or let a superuser grant what is missing"
    )
