"""The packages that a lock file pins, and what the installed ones say of themselves."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Package:
    """One package in one version."""

    name: str
    version: str

    @property
    def installed(self) -> Distribution | None:
        """What is installed here of this version; some are for other systems only."""
        try:
            found = distribution(self.name)
        except PackageNotFoundError:
            return None
        return found if found.version == self.version else None

    @property
    def needs(self) -> frozenset[str]:
        """Names of packages that it asks for by itself, without any of its extras."""
        installed = self.installed
        asked = (installed.requires or []) if installed else []
        names = [NAME.match(text) for text in asked if "extra ==" not in text]
        return frozenset(normalized(name[0]) for name in names if name)


def locked_packages(lock: Path) -> list[Package]:
    """The packages of a lock file; one that differs by Python version is in it more than once."""
    pinned = PINNED.findall(lock.read_text(encoding="utf-8"))
    return sorted(
        {Package(normalized(name), version) for name, version in pinned},
        key=lambda package: (package.name, package.version),
    )


def normalized(name: str) -> str:
    """The one spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
