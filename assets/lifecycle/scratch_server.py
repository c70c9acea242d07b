"""A server of a drill's own: reached by a socket only, archiving nothing, gone afterwards."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_account import Account
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.embedded_cluster import PORT, WAL_ARCHIVE
from assets.resources.embedded_home import DATA, LOCK, prepare_home, socket_folder
from schema.errors import StorageError

# What is lost in a crash is restored again.
SETTINGS = {
    "archive_mode": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}
# Nobody is let in before the recovery has ended, so that the log of any server will do.
RECOVERY = {
    "hot_standby": "off",
    "restore_command": f"gzip -cd ../{WAL_ARCHIVE}/%f.gz > %p",
    "recovery_target_action": "promote",
}
# Only those who can enter the folder reach the socket.
TRUST = "local all all trust\n"
# What belongs to the server that was copied, such as its own way of archiving.
NOT_OURS = ("postgresql.auto.conf", "pg_hba.conf", "pg_ident.conf", "standby.signal")


@contextmanager
def scratch_server(home: Path, package: PostgresPackage) -> Iterator[EmbeddedPostgres]:
    """A new, empty server; it ends and its files go, however the block ends.

    Raises:
        DatabaseUnavailableError: it does not start.
        StorageError: its folder cannot be written.
    """
    server = EmbeddedPostgres(home, package, SETTINGS)
    with _removed(server):
        server.start()
        yield server


@contextmanager
def recovered_server(
    home: Path,
    package: PostgresPackage,
    base: Path,
    wal_archive: Path | None,
    target: Mapping[str, str],
) -> Iterator[EmbeddedPostgres]:
    """A server on a copy of a base backup, with the archived log replayed up to the target.

    `target` are settings such as `recovery_target_time`; none means the end of the log.

    Raises:
        DatabaseUnavailableError: the recovery fails; the message holds the server's last words.
        StorageError: its folder cannot be written.
    """
    settings = {**SETTINGS, **RECOVERY, **target}
    server = EmbeddedPostgres(home, package, settings, is_recovering=True)
    with _removed(server):
        with _refused_when_unwritable(home):
            _prepare(server, base, wal_archive)
        server.start()
        yield server


def address(server: EmbeddedPostgres, *, user: str, database: str) -> str:
    """URL of a database of a scratch server."""
    folder = quote(str(socket_folder(server.home, server.account)))
    return f"postgresql://{quote(user)}@/{quote(database, safe='')}?host={folder}&port={PORT}"


@contextmanager
def _removed(server: EmbeddedPostgres) -> Iterator[None]:
    """Remove what a killed drill has left, and afterwards what this one leaves."""
    _remove(server)
    try:
        yield
    finally:
        _remove(server)


def _remove(server: EmbeddedPostgres) -> None:
    server.stop()
    sockets = socket_folder(server.home, server.account)
    for folder in {sockets, server.home}:
        shutil.rmtree(folder, ignore_errors=True)
    # The folder around it was made for it alone; where it holds anything else, it stays.
    with suppress(OSError):
        server.home.parent.rmdir()


@contextmanager
def _refused_when_unwritable(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # shutil.copytree() tells every file that it could not write.
        reason = error.strerror or f"{len(error.args[0])} files, the first: {error.args[0][0][2]}"
        raise StorageError(
            f"{home} cannot be written ({reason}): a drill needs room for the whole database "
            "there; make some, then run it again. This says nothing about the backup"
        ) from error


def _prepare(server: EmbeddedPostgres, base: Path, wal_archive: Path | None) -> None:
    home, account = server.home, server.account
    prepare_home(home, account)
    lock = home / LOCK
    lock.touch(mode=0o600)
    account.give(lock)
    _copy(base, home / DATA, account)
    if wal_archive:
        _copy(wal_archive, home / WAL_ARCHIVE, account)
    for name in NOT_OURS:
        (home / DATA / name).unlink(missing_ok=True)
    for name, text in (("pg_hba.conf", TRUST), ("pg_ident.conf", ""), ("recovery.signal", "")):
        (home / DATA / name).write_text(text, encoding="utf-8")
        account.give(home / DATA / name)


def _copy(source: Path, target: Path, account: Account) -> None:
    shutil.copytree(source, target, symlinks=True)
    for path in (target, *target.rglob("*")):
        account.give(path)
