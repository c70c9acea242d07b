import json
import subprocess
import sys

import pytest

from pipelines.settings import REPOSITORY
from pipelines.supply_chain.locked import Package, locked_packages


@pytest.fixture(scope="module")
def printed() -> str:
    said = subprocess.run(
        [sys.executable, "-m", "pipelines.supply_chain"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stderr == ""
    return said.stdout


def test_the_bill_lists_exactly_what_is_locked(printed: str) -> None:
    components = json.loads(printed)["components"]

    listed = {Package(component["name"], component["version"]) for component in components}
    assert listed == set(locked_packages(REPOSITORY / "requirements.lock"))
    assert len(components) == len(listed) > 60


# Asked for as extras of others, of which an installed package does not tell by itself.
EXTRAS = {
    *("editables", "hatchling", "psycopg-binary", "requests-toolbelt"),
    *("httptools", "uvloop", "watchfiles", "websockets"),
}


def test_every_package_of_the_bill_is_needed_by_another_or_by_us(printed: str) -> None:
    bill = json.loads(printed)
    needed = {one for entry in bill["dependencies"] for one in entry["dependsOn"]}
    packages = [Package(one["name"], one["version"]) for one in bill["components"]]

    here = {package for package in packages if package.installed}
    unneeded = {one.name for one in here if f"pkg:pypi/{one.name}@{one.version}" not in needed}
    assert unneeded == EXTRAS
    assert needed < {component["bom-ref"] for component in bill["components"]}


def test_a_bill_made_again_is_the_same_and_names_no_place(printed: str) -> None:
    assert str(REPOSITORY) not in printed
    assert json.loads(printed)["specVersion"] == "1.6"
    assert "timestamp" not in printed
