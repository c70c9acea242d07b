"""PostgreSQL's own programs, such as pg_dump: found, and run with no secret in sight."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from assets.resources.embedded_binaries import PostgresPackage, find_package
from schema.errors import BackupFailedError, StorageError, UsageError

# Where Debian and Red Hat put each major version.
SYSTEM_FOLDERS = (("/usr/lib/postgresql", "*"), ("/usr", "pgsql-*"))
SERVICE = "sociallive"
CONNECT_TIMEOUT_S = "10"
ONLY_OWNER = 0o077
TAIL_LINES = 4
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
    package: PostgresPackage, program: str, *options: str | Path, service: Path | None = None
) -> str:
    """Run a client program as ourselves, in English; return what it said.

    `service`: a file of `service_file` with the server that it is to connect to.

    Raises:
        StorageError: the disk is full.
        BackupFailedError: it ended with another error, which the message quotes.
    """
    # env(1) adds to our environment, which only the settings read; a path is no secret.
    added = ["LC_ALL=C", *([f"PGSERVICEFILE={service}", f"PGSERVICE={SERVICE}"] if service else [])]
    done = subprocess.run(
        ["/usr/bin/env", *added, package.program(program), *options],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        umask=ONLY_OWNER,
    )
    if done.returncode != 0:
        if NO_SPACE in done.stdout:
            raise StorageError(
                f"{program} failed: {_last_words(done.stdout)}: make room and run again; older "
                "backups are untouched"
            )
        signalled = f"signal {-done.returncode} ended it; " if done.returncode < 0 else ""
        raise BackupFailedError(f"{program} failed: {signalled}{_last_words(done.stdout)}")
    return done.stdout


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
