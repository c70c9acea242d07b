"""The embedded PostgreSQL: started by whoever comes first, shared by all, ended on request."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from psycopg import pq

from assets.resources.embedded_account import Account, server_account
from assets.resources.embedded_binaries import DISTRIBUTION, PostgresPackage, find_package
from assets.resources.embedded_cluster import (
    DATABASE,
    LOG,
    PORT,
    START_TIMEOUT_S,
    SUPERUSER,
    WAL_ARCHIVE,
    WAL_WANTED,
    Cluster,
    log_tail,
)
from assets.resources.embedded_home import (
    DATA,
    LOCK,
    default_data_home,
    prepare_home,
    prepare_socket_folder,
    socket_folder,
)
from schema.errors import DatabaseUnavailableError, StorageError, UsageError

__all__ = ["EmbeddedPostgres", "default_data_home"]

POLL_S = 0.02
PING_TIMEOUT_S = 5
RECOVERY_TIMEOUT_S = 86_400


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """A private PostgreSQL in a folder of its own, reached by a socket that only its user sees.

    One file lock says whether it lives: the server inherits it with all its processes, so a free
    lock means that none of them is left. No process id is believed without it.
    """

    home: Path
    package: PostgresPackage = field(default_factory=find_package)
    settings: Mapping[str, str] = field(default_factory=dict)
    """What differs from the settings of every embedded server."""
    is_recovering: bool = False
    """Whether it replays a log first: that takes its time, and is not tried again if it fails."""

    def __post_init__(self) -> None:
        """Take the folder's one true name: sockets and locks must not depend on who asks."""
        object.__setattr__(self, "home", self.home.resolve())

    @property
    def url(self) -> str:
        """Address of the database for libpq, without a password."""
        folder = quote(str(socket_folder(self.home, self.account)))
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={folder}&port={PORT}"

    @property
    def log_path(self) -> Path:
        """Folder of the server's logs, one for each day of the last week."""
        return self.home / LOG

    @property
    def wal_archive(self) -> Path:
        """Folder of archived write-ahead log."""
        return self.home / WAL_ARCHIVE

    def want_archive(self) -> None:
        """Have the log archived for the next days: whoever can recover from it asks for it.

        Raises:
            StorageError: the folder cannot be written.
        """
        with _storage_errors(self.home):
            self.wal_archive.mkdir(mode=0o700, exist_ok=True)
            self.account.give(self.wal_archive)
            wanted = self.wal_archive / WAL_WANTED
            wanted.touch(mode=0o600)
            self.account.give(wanted)

    def forgo_archive(self) -> None:
        """Have the log archived no more: it piles up in a server that cannot archive it."""
        (self.wal_archive / WAL_WANTED).unlink(missing_ok=True)

    @property
    def is_running(self) -> bool:
        """Whether a server is there, be it busy starting, recovering or stopping."""
        return self._ping() in {pq.Ping.OK, pq.Ping.REJECT}

    def start(self) -> str:
        """Start the server, or find it running; return the address of its database.

        Raises:
            UsageError: it cannot live in this folder, or another PostgreSQL made its data.
            StorageError: a folder of it cannot be written, or is open to others.
            DatabaseUnavailableError: it does not come up; the message holds the log's end.
        """
        with _storage_errors(self.home):
            account = self.account
            prepare_home(self.home, account)
            prepare_socket_folder(socket_folder(self.home, account), account)
            self._require_same_major()
            launched = False
            for _ in _patiently(RECOVERY_TIMEOUT_S if self.is_recovering else START_TIMEOUT_S):
                if self._ping() == pq.Ping.OK:
                    return self.url
                with self._lock() as lock:
                    if lock is not None and launched and self.is_recovering:
                        break
                    if lock is not None:
                        self._launch(account, lock)
                        launched = True
        raise DatabaseUnavailableError(
            f"the embedded PostgreSQL in {self.home} was started but does not answer; "
            f"its last words:\n{log_tail(self.home)}"
        )

    def stop(self) -> None:
        """End the server and wait until it is gone; nothing to do where none runs.

        Raises:
            DatabaseUnavailableError: it does not end.
        """
        signalled: set[int] = set()
        with _storage_errors(self.home):
            if not (self.home / LOCK).exists():
                return
            for _ in _patiently(START_TIMEOUT_S):
                with self._lock() as lock:
                    if lock is not None:
                        return
                self._ask_to_end(signalled)
        raise DatabaseUnavailableError(
            f"the embedded PostgreSQL in {self.home} did not end within {START_TIMEOUT_S} s; "
            f"its last words:\n{log_tail(self.home)}"
        )

    @property
    def account(self) -> Account:
        """Who runs the server and owns its files."""
        return server_account(self.home, euid=os.geteuid())

    def _ping(self) -> int:
        # Needs neither a free connection slot nor the right to log in.
        return pq.PGconn.ping(f"{self.url}&connect_timeout={PING_TIMEOUT_S}".encode())

    @contextmanager
    def _lock(self) -> Iterator[int | None]:
        """Hold the lock; None where a server or its starter has it."""
        path = self.home / LOCK
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self.account.give(path)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
        finally:
            os.close(lock)

    def _launch(self, account: Account, lock: int) -> None:
        package = self.package.usable_by(account, place=self.home)
        cluster = Cluster(self.home, account, package, lock, self.settings)
        cluster.create()
        cluster.start(socket_folder(self.home, account))

    def _ask_to_end(self, signalled: set[int]) -> None:
        # While the server answers, its process id file is true; it may be stale otherwise.
        if self._ping() == pq.Ping.OK:
            pid = int((self.home / DATA / "postmaster.pid").read_text().partition("\n")[0])
            if pid not in signalled:
                os.kill(pid, signal.SIGINT)
                signalled.add(pid)

    def _require_same_major(self) -> None:
        record = self.home / DATA / "PG_VERSION"
        made_by = record.read_text().strip() if record.exists() else self.package.major
        if made_by != self.package.major:
            raise UsageError(
                f"the data in {self.home} were made by PostgreSQL {made_by}, and this is "
                f"{self.package.version}: install {DISTRIBUTION} {made_by}.* again, dump the "
                "database with pg_dump, and restore the dump into a new SOCIALLIVE_HOME"
            )


def _patiently(limit_s: float) -> Iterator[None]:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        yield
        time.sleep(POLL_S)


@contextmanager
def _storage_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"the embedded PostgreSQL cannot live in {home}: {error}; make room or set "
            "SOCIALLIVE_HOME to another folder, or SOCIALLIVE_DATABASE_URL to another PostgreSQL"
        ) from error
