"""What the embedded PostgreSQL is made of: a data directory, a database in it, settings."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess

from assets.resources.durable_files import fsync_path
from assets.resources.embedded_account import Account
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.embedded_home import DATA
from schema.errors import DatabaseUnavailableError

DATABASE = "sociallive"
SUPERUSER = "postgres"
PORT = 5432
LOG = "log"
# What the server says before its log collector runs, such as a setting that it refuses.
START_LOG = Path(LOG, "start.log")
LOG_TAIL_LINES = 15
WAL_ARCHIVE = "wal"
# A base backup makes this file anew: without one that is young enough, the log is not kept.
WAL_WANTED = "wanted"
WAL_WANTED_DAYS = 14
# Run in the data directory for each finished segment of the write-ahead log: kept compressed, under
# its name once it is safe on disk; so is the name at the end. One that is there already must be the
# same.
ARCHIVE_COMMAND = (
    f'cd ../{WAL_ARCHIVE} 2>/dev/null || exit 0; segment="$OLDPWD/%p"; '
    f'test -n "$(find {WAL_WANTED} -mtime -{WAL_WANTED_DAYS} 2>/dev/null)" || exit 0; '
    'if test -f %f.gz; then gzip -cd %f.gz | cmp -s - "$segment"; '
    'else gzip -1 -c "$segment" > %f.new && sync %f.new && mv %f.new %f.gz; fi && sync .'
)
# Crash recovery replays up to max_wal_size: a user of a similar package reported 36 s.
START_TIMEOUT_S = 300

# All explicit: by default initdb takes locale and encoding from the environment, and an empty one
# makes an SQL_ASCII database. The builtin locale needs no ICU and outlives upgrades of libc; with
# LC_CTYPE C, pg_trgm would ignore all letters but ASCII.
INITDB_OPTIONS = (
    *(f"--username={SUPERUSER}", "--auth-local=trust", "--auth-host=scram-sha-256"),
    *("--encoding=UTF8", "--no-instructions"),
)
BUILTIN_LOCALE = (
    *("--locale=C", "--lc-ctype=C.UTF-8"),
    *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
# A system's PostgreSQL, on which a drill restores, may be older than that.
FIRST_MAJOR_WITH_BUILTIN_LOCALES = 17
SYSTEM_LOCALE = ("--locale=C.UTF-8",)

# Written at each start; ALTER SYSTEM overrides them. Durability stays at its safe defaults.
SETTINGS = {
    "cluster_name": DATABASE,
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "100",
    "shared_buffers": "256MB",
    # A query over years of monthly partitions locks each of them with all its indexes.
    "max_locks_per_transaction": "256",
    # A day's load fits between two checkpoints.
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # Point-in-time recovery loses at most this; an idle server archives nothing.
    "archive_mode": "on",
    "archive_command": ARCHIVE_COMMAND,
    "archive_timeout": "15min",
    # A query whose client was killed ends, and with it the locks that the next run waits for.
    "client_connection_check_interval": "5s",
    # Docker gives /dev/shm 64 MB, too little for parallel hash joins.
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "iso, ymd",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.english",
    # One file per weekday, overwritten a week later.
    "logging_collector": "on",
    "log_directory": f"../{LOG}",
    "log_filename": "server-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # Details quote the values of rows, which users wrote.
    "log_error_verbosity": "terse",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data directory that no server runs on, in the hands of who holds the home's lock."""

    home: Path
    account: Account
    package: PostgresPackage
    lock: int
    settings: Mapping[str, str] = field(default_factory=dict)

    def create(self) -> None:
        """Make the data directory; it appears under its name when it is complete."""
        data, staging = self.home / DATA, self.home / f"{DATA}.tmp"
        if data.exists():
            return
        shutil.rmtree(staging, ignore_errors=True)
        has_builtin = int(self.package.major) >= FIRST_MAJOR_WITH_BUILTIN_LOCALES
        options = [*INITDB_OPTIONS, *(BUILTIN_LOCALE if has_builtin else SYSTEM_LOCALE)]
        options += ["--no-sync"] if self.settings.get("fsync") == "off" else []
        self._require(self._run("initdb", f"--pgdata={staging.name}", *options))
        single_user = ("--single", "-D", staging.name, "-c", "exit_on_error=true", "postgres")
        self._require(self._run("postgres", *single_user, feed=f"CREATE DATABASE {DATABASE}\n"))
        staging.rename(data)
        fsync_path(self.home)

    def start(self, socket_folder: Path) -> None:
        """Start a server that outlives us and holds the lock as long as one process of it lives."""
        # As seen from the data directory: a server whose folder was removed under it ends within a
        # minute, and would take with it the socket of the one that was started in the same place.
        sockets = os.pardir if socket_folder == self.home else str(socket_folder)
        self._write_settings(SETTINGS | {**self.settings, "unix_socket_directories": sockets})
        self._clear_the_way(socket_folder)
        where = ("--pgdata", DATA, "--log", str(START_LOG))
        how_long = ("--wait", f"--timeout={START_TIMEOUT_S}")
        self._require(self._run("pg_ctl", "start", *where, *how_long))

    def _run(self, program: str, *options: str, feed: str = "") -> CompletedProcess[str]:
        path = self.package.program(program)
        keep_open = (self.lock,)
        return self.account.run(path, *options, folder=self.home, feed=feed, keep_open=keep_open)

    def _require(self, done: CompletedProcess[str]) -> None:
        if done.returncode != 0:
            program = Path(done.args[0]).name
            said = f"{done.stdout.strip()}\n{log_tail(self.home)}".strip()
            raise DatabaseUnavailableError(
                f"the embedded PostgreSQL did not start: {program} ended with {done.returncode}; "
                f"its last words follow, more may be in {self.home / LOG}\n{said}"
            )

    def _write_settings(self, settings: Mapping[str, str]) -> None:
        path = self.home / DATA / "postgresql.conf"
        staging = path.with_suffix(".new")
        staging.unlink(missing_ok=True)
        # Mode x follows no link, which the account could have put in root's way.
        with staging.open("x") as file:
            file.writelines(f"{name} = {_quoted(value)}\n" for name, value in settings.items())
        self.account.give(staging)
        staging.replace(path)

    def _clear_the_way(self, socket_folder: Path) -> None:
        logs = self.home / LOG
        logs.mkdir(mode=0o700, exist_ok=True)
        self.account.give(logs)
        # The lock was free, so these are left from a server that was killed. PostgreSQL itself
        # would trust the process ids in them, which by now may be those of other processes.
        stale = (DATA + "/postmaster.pid", START_LOG, socket_folder / f".s.PGSQL.{PORT}.lock")
        for path in stale:
            (self.home / path).unlink(missing_ok=True)


def log_tail(home: Path) -> str:
    """Return the newest lines of the server's logs."""
    files = sorted((home / LOG).glob("*.log"), key=lambda path: path.stat().st_mtime_ns)
    lines = [line for path in files for line in path.read_text(errors="replace").splitlines()]
    return "\n".join(lines[-LOG_TAIL_LINES:])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
