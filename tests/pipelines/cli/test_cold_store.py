import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.ingestion.source_tables import SOURCE_TABLES
from schema.windows import DayRange
from tests.fixtures.command import Command, command_of
from tests.fixtures.installation import Installation

DAYS = DayRange(date(2024, 2, 26), date(2024, 2, 28))
FIRST, LAST = str(DAYS.first), str(DAYS.last)
ATTACH = Path(__file__).parents[2] / "integration" / "sql" / "retention" / "attach_february.sql"


@pytest.fixture
def installation(recent_installation: Installation) -> Installation:
    """A platform whose last days of February were run and are archived now."""
    recent_installation.run(FIRST, LAST)
    recent_installation.execute(ATTACH.read_text(encoding="utf-8"))
    return recent_installation


@pytest.fixture
def sociallive(installation: Installation) -> Command:
    return command_of(installation)


def numbers(installation: Installation) -> list[Any]:
    fingerprints = [
        manifest.content
        for table in SOURCE_TABLES
        for day in DAYS
        if (manifest := installation.lake.manifest(table, day))
    ]
    return [installation.user_analytics(), installation.system_metrics(), fingerprints]


def test_the_numbers_of_a_dropped_month_are_made_again_out_of_the_cold_store(
    installation: Installation, sociallive: Command
) -> None:
    before = numbers(installation)
    [(rows,)] = installation.rows("SELECT count(*) FROM user_engagement_archive")

    code, said = sociallive("cold-store")
    assert code == 0, said
    assert f"2024-02 │ {rows:,}" in said
    code, plan = sociallive("cold-store", "--dry-run")
    assert code == 0, plan
    token = re.search(r"--drop --token ([0-9a-f]{16})", plan)
    assert token is not None, plan
    code, said = sociallive("cold-store", "--drop", "--token", token[1])
    assert code == 0, said
    assert f"removed 2024-02 from PostgreSQL: {rows:,} rows" in said

    shutil.rmtree(installation.settings.lake)
    installation.run(FIRST, LAST)
    code, said = sociallive("audit")

    assert numbers(installation) == before
    assert code == 0, said
    assert installation.rows("SELECT * FROM pipeline.restatements") == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--drop"], "--drop removes rows: run it with --dry-run, then with the --token it says"),
        (["--token", "abc"], "--token goes with --drop, and not with --dry-run"),
        (["--drop", "--dry-run", "--token", "abc"], "--token goes with --drop, and not with"),
        (["--drop", "--token", "abc"], "'abc' does not stand for what would be removed now"),
    ],
)
def test_nothing_is_removed_without_the_token_of_a_plan(
    recent_installation: Installation, options: list[str], said: str
) -> None:
    code, answer = command_of(recent_installation)("cold-store", *options)

    assert code == 2
    assert said in answer
    assert "Traceback" not in answer
