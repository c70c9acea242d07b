import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schema", "assets", "reports", "pipelines")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
STATEMENTS = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.sql"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_LINES = 250
BANNED_NAMES = {"utils", "helpers", "common", "misc", "base", "core", "manager"}
DRIVERS = {"dagster", "psycopg", "adbc_driver_postgresql", "adbc_driver_manager"}
# Layers, lowest first: a package may import those before it.
FORBIDDEN = {
    "schema": {"assets", "reports", "pipelines", "dagster", "duckdb"},
    "assets": {"reports", "pipelines"},
    "reports": {"pipelines"},
    "pipelines": set(),
}
FAMILIES = ("ingestion", "analytics", "ranking", "lifecycle", "quality", "seeding")
# What moves data between the pure functions and the outside, and says so in its name.
THIN = {"definitions", "write_back", "model_days", "ranked_days"}
READS_THE_CLOCK = {"assets/resources/clock.py"}


def imports_of(path: Path) -> Iterator[str]:
    """Modules that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module or ""


def roots_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports_of(path)}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def pure_modules() -> list[Path]:
    """Transformations: modules that take and return frames."""
    folders = [ROOT / "assets" / family for family in ("analytics", "ranking")]
    judges = [ROOT / "assets" / "quality" / f"{name}.py" for name in ("volume", "volume_report")]
    return judges + [
        path
        for folder in folders
        for path in sorted(folder.glob("*.py"))
        if path.stem not in THIN and "Publisher" not in path.read_text(encoding="utf-8")
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    for path in sorted((ROOT / package).rglob("*.py")):
        assert not roots_of(path) & FORBIDDEN[package], relative(path)


def test_asset_families_do_not_import_each_other() -> None:
    for family in FAMILIES:
        others = tuple(f"assets.{other}" for other in FAMILIES if other != family)
        for path in sorted((ROOT / "assets" / family).rglob("*.py")):
            assert not [name for name in imports_of(path) if name.startswith(others)], path


def test_the_pure_transformations_are_the_ones_we_think_of() -> None:
    names = {path.stem for path in pure_modules()}

    assert {
        "user_analytics",
        "user_activity",
        "post_engagement_daily",
        "post_engagement_hourly",
        "post_audience_daily",
        "author_audience_daily",
        "coordination",
        "system_metrics",
        "activity_metrics",
        "prior",
        "post_scores",
        "training",
        "promotion",
        "receipts",
        "popular_posts",
    } <= names
    assert not names & {"rollups", *THIN}


@pytest.mark.parametrize("path", pure_modules(), ids=relative)
def test_a_pure_transformation_knows_neither_dagster_nor_a_database(path: Path) -> None:
    assert not roots_of(path) & DRIVERS


def test_importing_every_contract_and_transformation_loads_no_dagster_and_opens_nothing() -> None:
    contracts = sorted((ROOT / "schema" / "tables").glob("*.py"))
    names = [
        relative(path).removesuffix(".py").replace("/", ".")
        for path in [*contracts, *pure_modules()]
        if path.stem != "__init__"
    ]
    program = f"import {', '.join(names)}, sys; print('dagster' in sys.modules)"

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (said.stdout, said.returncode) == ("False\n", 0), said.stderr


def test_only_the_settings_read_the_environment_and_only_the_clock_tells_the_time() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if "os.environ" in text or "os.getenv" in text:
            assert relative(path) == "pipelines/settings.py" or path.parent.name == "cli"
        if re.search(r"datetime\.now\(|date\.today\(|time\.time\(", text):
            assert relative(path) in READS_THE_CLOCK


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_is_short_well_named_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= MAX_LINES
    assert not BANNED_NAMES & {*path.parts[len(ROOT.parts) : -1], path.stem}
    assert "from __future__ import annotations" not in text
    assert ast.get_docstring(ast.parse(text)), "a module says in its first line what it is"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_modules_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}

    assert all((folder / "__init__.py").exists() for folder in folders)


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_else_that_is_installed_has_the_name_of_our_package(package: str) -> None:
    assert set(packages_distributions().get(package, [])) <= {"sociallive-analytics"}
    assert Path(str(importlib.import_module(package).__file__)).parent == ROOT / package


@pytest.mark.parametrize("path", STATEMENTS, ids=relative)
def test_a_statement_says_in_its_header_what_it_is_for(path: Path) -> None:
    header = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("--"):
            break
        header.append(line)

    assert header, "a statement begins with a comment"
    assert "Lock" in " ".join(header), "the header says which locks it takes"


def test_test_folders_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_tests_lie_in_folders_named_after_our_packages() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in TESTS}
    mirrors = [folder for folder in folders if folder.parts[:1] and folder.parts[0] in PACKAGES]

    assert [folder for folder in mirrors if not (ROOT / folder).is_dir()] == []


def test_no_test_is_skipped_and_none_mocks() -> None:
    for path in TESTS:
        banned = ("pytest" + ".skip(", "mark" + ".skip", "unittest" + ".mock")
        assert not [word for word in banned if word in path.read_text(encoding="utf-8")], path
