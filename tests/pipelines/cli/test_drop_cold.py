import re
import shutil
from datetime import date
from typing import Any

import pytest

from assets.ingestion.source_tables import SOURCE_TABLES
from schema.windows import DayRange
from tests.fixtures.command import Command, command_of
from tests.fixtures.installation import Installation

DAYS = DayRange(date(2024, 2, 26), date(2024, 2, 28))
FIRST, LAST = str(DAYS.first), str(DAYS.last)


@pytest.fixture
def installation(recent_installation: Installation) -> Installation:
    """A platform whose last days of February were run."""
    recent_installation.run(FIRST, LAST)
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
    [(rows,)] = installation.rows(
        "SELECT count(*) FROM user_engagement WHERE created_at < '2024-03-01'"
    )

    code, said = sociallive("archive", "--before", "2024-03-01")
    assert code == 0, said
    assert f"2024-02 │ {rows:,}" in said
    code, plan = sociallive("archive", "--drop-cold", "--dry-run")
    assert code == 0, plan
    token = re.search(r"--drop-cold --token ([0-9a-f]{16})", plan)
    assert token is not None, plan
    code, said = sociallive("archive", "--drop-cold", "--token", token[1])
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
        (["--drop-cold"], "run it with --dry-run first, then with the --token that it says"),
        (["--drop-cold", "--dry-run", "--token", "abc"], "run it with --dry-run first, then with"),
        (
            ["--drop-cold", "--token", "abc"],
            "'abc' does not stand for what would be removed now",
        ),
    ],
)
def test_nothing_is_removed_without_the_token_of_a_plan(
    recent_installation: Installation, options: list[str], said: str
) -> None:
    code, answer = command_of(recent_installation)("archive", *options)

    assert code == 2
    assert said in answer
    assert "Traceback" not in answer
