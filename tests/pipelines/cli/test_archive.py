from datetime import date

import dagster as dg
import pytest

from assets.lifecycle.archive import ArchiveReport
from assets.resources.clock import utc_today
from pipelines.cli.archive import describe
from pipelines.dagster_home import open_instance
from schema.windows import ONE_DAY
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation


@pytest.fixture
def aged(aged: Aged) -> Aged:
    """A whole month, and one that the cut-off of the tests divides."""
    aged.make_month("2023-12-01")
    aged.add("2023-12-05", 4)
    aged.add("2024-01-05", 3)
    aged.add("2024-01-15", 2)
    return aged


def test_a_dry_run_says_what_a_run_does_and_a_second_run_that_nothing_is_left(
    aged: Aged, command_here: Command
) -> None:
    before = aged.live()

    code, said = command_here("archive", "--before", "2024-01-10", "--limit", "2", "--dry-run")

    assert code == 0
    assert "2023-12 │ whole month at once │ 0 │ 4" in said
    assert "2024-01 │ rows before 2024-01-10 │ 3 │ 0" in said
    assert "3 rows would move one by one, 2 of them in the first run (--limit)." in said
    assert "Months to be copied to the cold store: 2023-12." in said
    assert said.endswith("Nothing was done: this was a dry run.")
    assert aged.live() == before

    code, said = command_here("archive", "--before", "2024-01-10", "--limit", "2")
    assert code == 0
    assert "Archived engagement before 2024-01-10: 1 months at once (4 rows), 2 rows one" in said
    assert "The limit of 2 rows is reached: run again to go on" in said
    assert "Cold store: 1 of the 1 archived whole months were copied now" in said

    assert command_here("archive", "--before", "2024-01-10")[0] == 0
    code, said = command_here("archive", "--before", "2024-01-10")
    assert code == 0
    assert said.startswith(
        "No engagement before 2024-01-10 was left to be archived. "
        "Cold store: 0 of the 1 archived whole months were copied now, to "
    )
    code, said = command_here("archive", "--before", "2024-01-10", "--dry-run")
    assert said.endswith("is left to be archived. Nothing would be done.")

    aged.connection.execute("UPDATE user_engagement_archive SET value = 2")
    code, said = command_here("archive", "--before", "2024-01-10", "--dry-run")
    assert "Months to be copied to the cold store: 2023-12." in said
    assert aged.misplaced(date(2024, 1, 10)) == []


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (str(utc_today() + 2 * ONE_DAY), "cannot be archived: the day is in the future"),
        ("yesterday", "'yesterday' is not a date"),
    ],
)
def test_a_day_that_cannot_be_the_cut_off_is_refused(
    command_here: Command, before: str, sentence: str
) -> None:
    code, said = command_here("archive", "--before", before)

    assert code == 2
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--token", "abc"], "only --drop-cold takes --token: add it"),
        (["--months", "12", "--dry-run"], "only --drop-cold takes --months: add it"),
        (
            ["--drop-cold", "--dry-run", "--before", "2024-01-01", "--limit", "1"],
            "--drop-cold cannot be given together with --before and --limit",
        ),
    ],
)
def test_options_that_would_be_ignored_are_refused(
    command_here: Command, options: list[str], sentence: str
) -> None:
    code, said = command_here("archive", *options)

    assert code == 2
    assert sentence in said


def test_a_run_without_limits_does_not_speak_of_them() -> None:
    assert len(describe(ArchiveReport(date(2024, 1, 1), moved_rows=5))) == 1


def test_what_the_commands_did_is_in_the_history_of_the_assets(
    aged: Aged, command_here: Command, installation: Installation
) -> None:
    for command in (["partitions"], ["archive", "--before", "2024-01-01"], ["cleanup-sessions"]):
        assert command_here(*command)[0] == 0

    with open_instance(installation.settings) as instance:
        done = {
            asset: instance.get_latest_materialization_event(dg.AssetKey(asset))
            for asset in ("engagement_partitions", "engagement_archive", "expired_rows")
        }
        copies = instance.get_latest_materialization_event(dg.AssetKey("engagement_cold_store"))
    assert all(done.values())
    assert copies is not None
    assert copies.asset_materialization is not None
    assert copies.asset_materialization.metadata["rows"].value == 4
