"""Ids of a load are numbers, the same in every table: an erasure takes what is the account's."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.resources.cold_inspection import inspect_cold_store
from assets.resources.cold_months import ColdStore
from assets.resources.engine import EngineName
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones
from pipelines.cli.erase import erase_user
from tests.fixtures.cold import ColdPlatform, archive_month
from tests.fixtures.installation import Copy, Installation
from tests.fixtures.intake import Source
from tests.fixtures.lake_contents import lake_rows
from tests.fixtures.numbered_platform import (
    DAYS,
    LOADED,
    Tables,
    add_the_rest,
    numbered,
    uuid_of,
    without,
    write_files,
)

FIRST, LAST = DAYS[0], DAYS[-1]
MAY = date(2023, 5, 1)
# Random, or the moment of a run that has changed a number.
APART = {
    "user_analytics": {"id", "created_at"},
    "system_metrics": {"id"},
    "users": {"updated_at"},
    "posts": {"updated_at"},
}
TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p', 'm') AND NOT relispartition AND relnamespace = 'public'::regnamespace
ORDER BY relname
"""


def erase(named: str | None = None) -> None:
    erase_user(named, again=named is None, dry_run=False, without_asking=True, correct=True)


def settle(installation: Installation, tables: Tables, files: Path) -> Installation:
    """Load the platform, move its oldest month into the cold store, and run its days."""
    installation.load(write_files(tables, files))
    add_the_rest(installation.url, tables)
    store = ColdStore(installation.settings.cold)
    with psycopg.connect(installation.url, autocommit=True) as connection:
        source = Source(connection)
        archive_month(source, MAY)
        platform = ColdPlatform(source, Postgres(installation.url), store)
        assert platform.copy() == [MAY]
        assert platform.drop() == [MAY]
    installation.run(FIRST, LAST)
    return installation


def contents(installation: Installation) -> dict[str, list[Any]]:
    """Every row of the platform, the lake and the cold store, in an order of its own."""
    found = {f"platform {table}": _rows(installation, table) for (table,) in _tables(installation)}
    found["platform system_metrics"] = installation.system_metrics()
    for table, day, rows in lake_rows(installation):
        found[f"lake {table} {day}"] = rows.rows()
    for path in sorted(installation.settings.cold.rglob("part-*.parquet")):
        found[f"cold {path.parent.name}"] = sorted(pl.read_parquet(path).rows(), key=repr)
    return found


def _tables(installation: Installation) -> list[tuple[str]]:
    return installation.rows(TABLES)


def _rows(installation: Installation, table: str) -> list[Any]:
    columns = {
        name
        for (name,) in installation.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [table]
        )
    }
    kept = ", ".join(sorted(columns - APART.get(table, set())))
    return sorted(installation.rows(f"SELECT {kept} FROM {table}"), key=repr)


def differing(left: dict[str, list[Any]], right: dict[str, list[Any]]) -> dict[str, object]:
    """Names of what is not the same, with the rows that one of them has."""
    return {
        name: [row for row in left.get(name, []) if row not in right.get(name, [])]
        + [row for row in right.get(name, []) if row not in left.get(name, [])]
        for name in left.keys() | right.keys()
        if left.get(name) != right.get(name)
    }


@pytest.fixture
def settled(
    copies: Copy,
    migrated_template: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Installation:
    """The whole platform; commands mean this installation."""
    installation = copies(migrated_template, EngineName.DUCKDB, date.fromisoformat(FIRST))
    monkeypatch.setenv("SOCIALLIVE_DATABASE_URL", installation.url)
    monkeypatch.setenv("SOCIALLIVE_HOME", str(installation.settings.home))
    monkeypatch.setenv("SOCIALLIVE_FIRST_DAY", FIRST)
    return settle(installation, numbered(), tmp_path / "all")


@pytest.fixture
def never(
    copies: Copy,
    migrated_template: str,
    tmp_path: Path,
) -> Installation:
    """The same platform, on which account 5 has never been."""
    installation = copies(migrated_template, EngineName.DUCKDB, date.fromisoformat(FIRST))
    return settle(installation, without(numbered(), 5), tmp_path / "others")


def test_an_erasure_takes_what_is_the_account_s_and_nothing_that_only_has_its_numbers(
    settled: Installation, never: Installation, tmp_path: Path
) -> None:
    expected = contents(never)
    assert differing(contents(settled), expected)

    erase("name5")

    assert differing(contents(settled), expected) == {}

    erase()
    settled.run(FIRST, LAST)
    again = settled.load(tmp_path / "others")

    assert [table.reasons.get("erased", 0) for table in again.tables] == [0] * len(LOADED)
    assert differing(contents(settled), expected) == {}

    everybody = settled.load(tmp_path / "all")

    left = without(numbered(), 5)
    assert {table.table: table.reasons.get("erased", 0) for table in everybody.tables} == {
        table: len(rows) - len(left[table]) for table, rows in numbered().items() if table in LOADED
    }
    assert differing(contents(settled), expected) == {}


def forget_kinds(installation: Installation) -> None:
    """Let the tombstones be as versions before have kept them: of ids without their kinds."""
    tombstones = Tombstones(installation.settings.erasures)
    (token,) = tombstones.tokens()
    numbers = [
        row["id"]
        for table in ("users", "posts", "comments", "media_files")
        for row in numbered()[table]
        if row.get("user_id", row["id"]) == 5
    ]
    ids = pl.Series([uuid_of(number).bytes for number in numbers]).unique()
    names = pl.Series([b"username:name5", b"email:n5@example.org"])
    digests = tombstones.digest(pl.concat([ids, names]))
    (tombstones.folder / f"{token}.digests").write_bytes(b"".join(digests))
    installation.execute("DELETE FROM pipeline.tombstones")


def test_tombstones_without_kinds_keep_their_account_out_and_nobody_else(
    settled: Installation, tmp_path: Path
) -> None:
    erase("name5")
    expected = contents(settled)
    forget_kinds(settled)

    erase()
    settled.run(FIRST, LAST)
    everybody = settled.load(tmp_path / "all")

    assert everybody.tables[0].reasons == {"erased": 1, "id is in the database already": 11}
    assert differing(contents(settled), expected) == {}

    settled.execute(
        "INSERT INTO users (id, email, username, password_hash) VALUES (%s, 'x', 'y', 'z')",
        [uuid_of(5)],
    )

    erase()

    assert differing(contents(settled), expected) == {}
    assert list(inspect_cold_store(ColdStore(settled.settings.cold))) == []
