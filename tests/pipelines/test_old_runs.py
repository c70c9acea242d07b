from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.quality.findings import Finding
from assets.quality.reconciliation_checks import check_result
from pipelines.old_runs import Forgotten, forget_old_runs
from reports.held_days import HOLDING, refuse_held_days
from schema.errors import HeldDayError
from schema.windows import DayRange

DAYS = dg.DailyPartitionsDefinition(start_date="2024-03-01", end_date="2024-03-05")
TOMORROW = datetime.now(UTC) + timedelta(days=1)
DAILY, SUMMARY = dg.AssetKey("of_days"), dg.AssetKey("summary")


@dg.asset(partitions_def=DAYS)
def of_days(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """A table of days."""
    context.log.info("worked on %s", context.partition_key)
    return dg.MaterializeResult(metadata={"run": context.run.run_id})


@dg.asset_check(asset="of_days")
def is_right() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset
def summary(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """A table without days."""
    return dg.MaterializeResult(metadata={"run": context.run.run_id})


@dg.asset
def refused() -> None:
    """Never comes to be."""
    raise dg.Failure("no")


def run_day(instance: dg.DagsterInstance, day: str) -> str:
    done = dg.materialize([of_days, is_right], partition_key=day, instance=instance)
    return done.run_id


def shown(instance: dg.DagsterInstance) -> dict[str, Any]:
    """What asset pages show, without asking runs."""
    days = sorted(instance.get_materialized_partitions(DAILY))
    newest = {
        day: instance.fetch_materializations(
            dg.AssetRecordsFilter(DAILY, asset_partitions=[day]), limit=1
        ).records[0]
        for day in days
    }
    check = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(DAILY, "is_right")]
    )
    return {
        "days": {day: (record.run_id, record.timestamp) for day, record in newest.items()},
        "summary": instance.get_latest_materialization_event(SUMMARY),
        "checks": {key: record and record.run_id for key, record in check.items()},
    }


def run_ids(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def test_old_runs_go_and_what_asset_pages_show_stays(instance: dg.DagsterInstance) -> None:
    superseded = run_day(instance, "2024-03-01")
    first, second = run_day(instance, "2024-03-01"), run_day(instance, "2024-03-02")
    old_summary = dg.materialize([summary], instance=instance).run_id
    new_summary = dg.materialize([summary], instance=instance).run_id
    failed = dg.materialize([refused], instance=instance, raise_on_error=False).run_id
    before = shown(instance)
    assert set(before["days"]) == {"2024-03-01", "2024-03-02"}

    forgotten = forget_old_runs(instance, before=TOMORROW)

    assert forgotten == Forgotten(removed=3, thinned=3)
    assert run_ids(instance) == {first, second, new_summary}
    assert shown(instance) == before
    assert {superseded, old_summary, failed}.isdisjoint(run_ids(instance))


def test_of_a_thinned_run_only_its_materializations_are_kept(
    instance: dg.DagsterInstance,
) -> None:
    run = run_day(instance, "2024-03-01")
    log = Path(instance.root_directory, "storage", run)
    log.mkdir(parents=True, exist_ok=True)

    forget_old_runs(instance, before=TOMORROW)

    events = {entry.dagster_event_type for entry in instance.all_logs(run)}
    assert events <= {dg.DagsterEventType.ASSET_MATERIALIZATION}
    assert not log.exists()
    record = instance.get_run_record_by_id(run)
    assert record is not None
    assert record.end_time is not None


def test_forgetting_again_finds_nothing_more(instance: dg.DagsterInstance) -> None:
    run_day(instance, "2024-03-01")
    forget_old_runs(instance, before=TOMORROW)

    assert forget_old_runs(instance, before=TOMORROW) == Forgotten(removed=0, thinned=0)


def test_runs_that_ended_later_are_left_alone(instance: dg.DagsterInstance) -> None:
    superseded, run = run_day(instance, "2024-03-01"), run_day(instance, "2024-03-01")
    events = len(instance.all_logs(run))

    forget_old_runs(instance, before=TOMORROW - timedelta(days=2))

    assert run_ids(instance) == {superseded, run}
    assert len(instance.all_logs(run)) == events


def test_no_file_of_a_forgotten_run_is_left(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    superseded, _run = run_day(instance, "2024-03-01"), run_day(instance, "2024-03-01")

    forget_old_runs(instance, before=TOMORROW)

    assert [path for path in tmp_path.rglob("*") if superseded in path.name] == []


def run_check(instance: dg.DagsterInstance, day: date, *, is_right: bool) -> None:
    """A run whose blocking check of the numbers says this of a day."""
    table = HOLDING[0].asset_key.to_user_string()
    finding = Finding("analytics", table, day, unexplained=0 if is_right else 1, advice="repair it")

    @dg.asset(name=table)
    def numbers() -> None:
        """Numbers of a day."""

    @dg.asset_check(asset=numbers, name=HOLDING[0].name)
    def verdict() -> dg.AssetCheckResult:
        return check_result(
            HOLDING[0], [finding], severity=dg.AssetCheckSeverity.ERROR, days=DayRange(day, day)
        )

    dg.materialize([numbers, verdict], instance=instance, raise_on_error=False)


def test_a_day_that_a_check_refused_and_nobody_repaired_is_held_for_ever(
    instance: dg.DagsterInstance,
) -> None:
    held, repaired, newest = (date(2024, 3, day) for day in (1, 2, 3))
    run_check(instance, held, is_right=False)
    run_check(instance, repaired, is_right=False)
    run_check(instance, repaired, is_right=True)
    run_check(instance, newest, is_right=True)

    for _ in range(2):
        forget_old_runs(instance, before=TOMORROW)

    def refuse() -> None:
        with pytest.raises(HeldDayError, match=str(held)):
            refuse_held_days(instance, DayRange(held, newest))
        refuse_held_days(instance, DayRange(repaired, newest))

    refuse()
    history = instance.event_log_storage.get_asset_check_execution_history(HOLDING[0], limit=9)
    assert len(history) == 2

    # Nor does wiping its asset in the Dagster UI let go of it, however often runs are forgotten.
    instance.wipe_assets([HOLDING[0].asset_key])
    refuse()
    forget_old_runs(instance, before=TOMORROW)
    refuse()

    run_check(instance, held, is_right=True)
    forget_old_runs(instance, before=TOMORROW)
    refuse_held_days(instance, DayRange(held, newest))
