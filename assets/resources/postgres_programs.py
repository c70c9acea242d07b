"""PostgreSQL's own programs, such as pg_dump: found, and run with no secret in sight."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from assets.resources import read_timeout
from assets.resources.embedded_binaries import PostgresPackage, find_package
from schema.errors import BackupFailedError, StorageError, UsageError

# Where Debian and Red Hat put each major version.
SYSTEM_FOLDERS = (("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"))
SERVICE = "sociallive"
CONNECT_TIMEOUT_S = "10"
ONLY_OWNER = 0o077
TAIL_LINES = 4
# How often it is looked, within the time-out, whether a program still writes.
LOOKS = 60
LEFT_TO_CHANCE = {"allow", "prefer"}
NO_SPACE = "No space left on device"


def find_programs(
    *, major: int, exactly: bool = False, encrypted: bool = False, serving: bool = False
) -> PostgresPackage:
    """Programs for a server of this major version: of it, or else newer ones.

    What newer ones dump, only servers as new can restore without complaint. `exactly`: of that
    version or none, as a data directory needs. `encrypted`: not the embedded ones, which do
    not speak TLS and would send everything in the clear. `serving`: with a server, which packages
    for clients lack.

    Raises:
        UsageError: there are none; says what to install.
    """
    of_the_system = sorted(_of_the_system(), key=lambda package: int(package.major))
    # What the system's speak they say themselves: `service_file` asks them for TLS or nothing.
    found = [*([] if encrypted else _embedded()), *of_the_system]
    found = [package for package in found if not serving or _can_serve(package)]
    same = [package for package in found if int(package.major) == major]
    newer = [package for package in found if int(package.major) > major and not exactly]
    if same or newer:
        return (same or newer)[0]
    versions = ", ".join(package.version for package in found) or "none"
    kind = f"{' that speak TLS' if encrypted else ''}{' with a server' if serving else ''}"
    raise UsageError(
        f"PostgreSQL's programs of version {major}{'' if exactly else ' or newer'}{kind} are "
        f"needed, and here are {versions}: install them, as with `apt-get install "
        f"postgresql-{major}`"
    )


def run_program(
    package: PostgresPackage,
    program: str,
    *options: str | Path,
    service: Path | None = None,
    fills: Path | None = None,
) -> str:
    """Run a client program as ourselves, in English; return what it said.

    `service`: a file of `service_file` with the server that it is to connect to. `fills`: the
    folder that it fills; one that writes nothing for as long as a session waits is ended.

    Raises:
        StorageError: the disk is full.
        BackupFailedError: it ended with another error, which the message quotes.
    """
    # env(1) adds to our environment, which only the settings read; a path is no secret.
    added = ["LC_ALL=C", *([f"PGSERVICEFILE={service}", f"PGSERVICE={SERVICE}"] if service else [])]
    command = ["/usr/bin/env", *added, package.program(program), *options]
    code, said = _run(program, command, fills)
    if code != 0:
        if NO_SPACE in said:
            raise StorageError(
                f"{program} failed: {_last_words(said)}: make room and run again; older "
                "backups are untouched"
            )
        signalled = f"signal {-code} ended it; " if code < 0 else ""
        raise BackupFailedError(f"{program} failed: {signalled}{_last_words(said)}")
    return said


def _run(program: str, command: list[str | Path], fills: Path | None) -> tuple[int, str]:
    """Exit code and words of a program; whatever ends our waiting ends it and its children."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        umask=ONLY_OWNER,
        # Of its own: what it forks waits at the same silent server.
        process_group=0 if fills else None,
    ) as process:
        try:
            said = _said(program, process, fills)
        except BaseException:
            if fills:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise
    return process.returncode, said


def _said(program: str, process: "subprocess.Popen[str]", fills: Path | None) -> str:
    limit = read_timeout.READ_TIMEOUT_S
    size, grown_at = -1, time.monotonic()
    while True:
        try:
            return process.communicate(timeout=limit / LOOKS if fills else None)[0]
        except subprocess.TimeoutExpired:
            now, before = time.monotonic(), size
            size = _size_of(fills) if fills else 0
            if size != before:
                grown_at = now
            elif now - grown_at > limit:
                raise BackupFailedError(
                    f"{program} failed: nothing came for {limit / 60:.0f} minutes: look whether "
                    "the server, and what lies between, still answers, then run again"
                ) from None


def _size_of(folder: Path) -> int:
    """Bytes of all files below, as they are being written."""
    size = 0
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            size += path.lstat().st_size
    return size


@contextmanager
def service_file(
    url: str, *, within: Path | None = None, encrypted: bool = False
) -> Iterator[Path]:
    """A file with all that a URL says, which libpq's programs read; it goes with the block.

    Other users see command lines and cannot see this file. `within`: a folder in which somebody
    clears away what begins with a dot, as it may be left there by kill -9. `encrypted`: never
    without TLS, also where the URL leaves it to chance.

    Raises:
        UsageError: a value of the URL holds a line break.
    """
    given = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": SERVICE}
    given |= {name: str(value) for name, value in conninfo_to_dict(url).items()}
    if encrypted and given.get("sslmode", "prefer") in LEFT_TO_CHANCE:
        given["sslmode"] = "require"
    if any("\n" in value for value in given.values()):
        raise UsageError("SOCIALLIVE_DATABASE_URL holds a line break: write it as one line")
    lines = [f"[{SERVICE}]", *(f"{name}={value}" for name, value in given.items()), ""]
    with tempfile.TemporaryDirectory(
        prefix=f".{SERVICE}-", dir=within, ignore_cleanup_errors=True
    ) as folder:
        path = Path(folder, "service.conf")
        path.touch(mode=0o600)
        path.write_text("\n".join(lines), encoding="utf-8")
        yield path


def _embedded() -> Iterator[PostgresPackage]:
    try:
        yield find_package()
    except UsageError:
        return


def _of_the_system() -> Iterator[PostgresPackage]:
    folders = [
        path / "bin" for parent, names in SYSTEM_FOLDERS for path in Path(parent).glob(names)
    ]
    on_path = shutil.which("pg_dump")
    folders += [Path(on_path).resolve().parent] if on_path else []
    for folder in folders:
        version = _version(folder / "pg_dump")
        if version and (folder / "pg_basebackup").exists():
            yield PostgresPackage(folder.parent, version, Path(folder.name))


def _can_serve(package: PostgresPackage) -> bool:
    return all(package.program(name).exists() for name in ("initdb", "postgres"))


def _version(program: Path) -> str | None:
    if not program.is_file():
        return None
    said = subprocess.run([program, "--version"], check=False, capture_output=True, text=True)
    found = re.search(r"\d+(\.\d+)*", said.stdout)
    return found[0] if found else None


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return "; ".join(lines[-TAIL_LINES:]) or "it said nothing"
