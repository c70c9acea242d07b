from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from pipelines.settings import REPOSITORY
from pipelines.supply_chain.licences import EXCEPTIONS, is_allowed, licence_of
from pipelines.supply_chain.locked import Package, locked_packages

LOCKED = [
    package
    for name in ("requirements.lock", "requirements-dev.lock")
    for package in locked_packages(REPOSITORY / name)
]


def test_every_package_that_is_installed_is_under_a_licence_that_we_take() -> None:
    here = {package for package in LOCKED if package.installed}

    assert len(here) > 100
    assert [package.name for package in here if not is_allowed(package)] == []


def test_no_package_is_let_through_that_is_not_there() -> None:
    assert set(EXCEPTIONS) <= {package.name for package in LOCKED}


def made_up(folder: Path, metadata: str) -> Package:
    """A package that is installed in the folder only."""
    info = folder / "thing-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: thing\nVersion: 1.0\n{metadata}\n"
    )
    return Package("thing", "1.0")


@pytest.mark.parametrize(
    ("metadata", "licence", "allowed"),
    [
        ("License-Expression: MIT", "MIT", True),
        ("License-Expression: MIT AND AGPL-3.0-only", "MIT AND AGPL-3.0-only", False),
        ("License-Expression: MIT OR GPL-3.0-only", "MIT OR GPL-3.0-only", True),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD", True),
        ("Classifier: License :: OSI Approved\nLicense: SSPL", "SSPL", False),
        ("License: whatever\n it says", "whatever", False),
        ("", None, False),
    ],
)
def test_a_licence_is_read_and_judged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    metadata: str,
    licence: str | None,
    allowed: bool,
) -> None:
    package = made_up(tmp_path, metadata)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert isinstance(package.installed, PathDistribution)
    assert licence_of(package) == licence
    assert is_allowed(package) is allowed
