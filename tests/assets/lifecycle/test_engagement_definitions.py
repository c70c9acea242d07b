from datetime import date

import dagster as dg
import psycopg
import pytest

from assets.lifecycle.archive import ArchiveReport
from assets.lifecycle.archive_plan import a_year_before
from assets.lifecycle.engagement_definitions import (
    archive_metadata,
    engagement_archive_asset,
    engagement_partitions_asset,
    head_room_check,
)
from assets.lifecycle.month_partitions import months_later
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from tests.fixtures.aged_engagement import Aged


def run(postgres: Postgres) -> dg.ExecuteInProcessResult:
    assets = [engagement_partitions_asset(), engagement_archive_asset(), head_room_check()]
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(assets, resources={"postgres": postgres}, instance=instance)


def metadata(outcome: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (made,) = outcome.asset_materializations_for_node(asset)
    return {name: value.value for name, value in made.metadata.items()}


def test_a_run_makes_months_archives_and_says_so(aged: Aged, postgres: Postgres) -> None:
    next_month = months_later(utc_today(), 1)
    aged.connection.execute(f"DROP TABLE user_engagement_{next_month:%Y_%m}".encode())
    aged.add("2023-12-05", 3)
    aged.add("infinity")

    outcome = run(postgres)

    made = metadata(outcome, "engagement_partitions")
    assert made["made"] == ["user_engagement_2023_12", f"user_engagement_{next_month:%Y_%m}"]
    assert (made["months_ahead"], made["waiting_rows"], made["out_of_range_rows"]) == (6, 0, 1)
    moved = metadata(outcome, "engagement_archive")
    assert moved["cut_off"] == str(a_year_before(utc_today()))
    assert (moved["rows_moved_with_months"], moved["rows_moved_one_by_one"]) == (3, 0)
    assert "2023-12" in str(moved["moved_months"])
    (check,) = outcome.get_asset_check_evaluations()
    assert (check.passed, check.metadata["what_next"].value) == (True, "nothing")


@pytest.mark.parametrize(
    ("months", "severity"),
    [(2, dg.AssetCheckSeverity.WARN), (0, dg.AssetCheckSeverity.ERROR)],
)
def test_the_check_tells_how_urgent_it_is_and_what_to_do(
    aged: Aged, postgres: Postgres, months: int, severity: dg.AssetCheckSeverity
) -> None:
    gone = months_later(utc_today(), months + 1)
    aged.connection.execute(f"DROP TABLE user_engagement_{gone:%Y_%m}".encode())

    check = head_room_check()(postgres=postgres)

    assert isinstance(check, dg.AssetCheckResult)
    assert (check.passed, check.severity) == (False, severity)
    assert check.metadata["months_ahead"].value == months
    assert "Run `sociallive partitions`" in str(check.metadata["what_next"].value)


def test_another_archiving_run_is_a_failure_that_may_be_retried(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    other_session.execute(
        "SELECT pg_advisory_lock(hashtextextended('sociallive archive of engagement', 0))"
    )

    with pytest.raises(dg.Failure, match="another run is archiving engagement") as failure:
        engagement_archive_asset()(postgres=postgres)

    assert failure.value.allow_retries


def test_what_a_run_reports_can_be_stored() -> None:
    report = ArchiveReport(date(2024, 1, 1), [date(2023, 12, 1)], 5, 7, 2, 0.25, is_limited=True)

    shown = dg.MaterializeResult(metadata=archive_metadata(report)).metadata

    assert shown is not None
    assert shown["seconds_locked"] == 0.25
    assert shown["limit_reached"] is True
