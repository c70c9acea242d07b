from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.lifecycle.backup_folder import DUMPS, name_of
from assets.metadata import PATIENT
from assets.ranking.ranked_days import RANKINGS
from assets.resources.lake import Lake
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.quick_lake import put_day


def test_the_schedule_runs_the_day_that_has_just_ended(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2024, 3, 1, 0, 30, tzinfo=UTC),
        repository_def=definitions.get_repository_def(),
    )

    tick = schedule.evaluate_tick(context)

    assert [request.partition_key for request in tick.run_requests or []] == ["2024-02-29"]
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_schedule_leaves_a_gap_to_the_sensor_that_runs_it_as_one(
    definitions: dg.Definitions, tmp_path: Path
) -> None:
    put_day(Lake(tmp_path / "lake"), "user_analytics", date(2024, 2, 27))
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2024, 3, 1, 0, 30, tzinfo=UTC),
        repository_def=definitions.get_repository_def(),
    )

    tick = definitions.resolve_schedule_def("daily").evaluate_tick(context)

    assert tick.run_requests == []
    assert tick.skip_message == "days before 2024-02-29 are missing: run together with them"


def test_whatever_a_schedule_starts_tries_again_when_the_database_was_away(
    definitions: dg.Definitions,
) -> None:
    schedules = definitions.get_repository_def().schedule_defs
    scheduled = [definitions.resolve_job_def(one.job_name) for one in schedules]

    # Where Dagster's own storage is away, nothing runs that could try again.
    impatient = {job.name for job in scheduled if job.run_tags.get(PATIENT) != "true"}
    assert impatient == {"forget_old_runs"}


@pytest.mark.parametrize(
    ("name", "asset", "tick", "key"),
    [
        ("report_each_day", "creator_reports_daily", datetime(2024, 3, 1, 2, 30), "2024-02-29"),
        ("report_each_week", "creator_reports_weekly", datetime(2024, 3, 4, 2, 45), "2024-02-26"),
        ("report_each_month", "creator_reports_monthly", datetime(2024, 3, 1, 3, 15), "2024-02-01"),
    ],
)
def test_creators_get_the_day_week_or_month_that_has_just_ended(
    definitions: dg.Definitions, tmp_path: Path, name: str, asset: str, tick: datetime, key: str
) -> None:
    for table in (*SOURCE_TABLES, *ROLLUPS, *RANKINGS, "user_analytics"):
        for day in DayRange(date(2024, 2, 1), tick.date() - ONE_DAY):
            put_day(Lake(tmp_path / "lake"), table, day)
    job, schedule = definitions.resolve_job_def(name), definitions.resolve_schedule_def(name)
    with (
        dg.instance_for_test() as instance,
        dg.build_schedule_context(
            instance,
            scheduled_execution_time=tick.replace(tzinfo=UTC),
            repository_def=definitions.get_repository_def(),
        ) as context,
    ):
        requests = schedule.evaluate_tick(context).run_requests or []

    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == {asset}
    assert [request.partition_key for request in requests] == [key]
    assert job.partitions_def is not None
    assert job.partitions_def.has_partition_key(key)
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_reports_whose_days_are_not_published_wait_for_them(definitions: dg.Definitions) -> None:
    with (
        dg.instance_for_test() as instance,
        dg.build_schedule_context(
            instance,
            scheduled_execution_time=datetime(2024, 3, 1, 2, 30, tzinfo=UTC),
            repository_def=definitions.get_repository_def(),
        ) as context,
    ):
        tick = definitions.resolve_schedule_def("report_each_day").evaluate_tick(context)

    assert tick.run_requests == []
    assert tick.skip_message == "not all days of 2024-02-29 are published: run as soon as they are"


def test_a_drill_waits_for_a_first_backup(definitions: dg.Definitions, tmp_path: Path) -> None:
    schedule = definitions.resolve_schedule_def("try_restore")
    backup = tmp_path / "backups" / DUMPS / name_of(datetime(2024, 3, 2, 2, 0, tzinfo=UTC))
    with dg.DagsterInstance.ephemeral() as instance:
        tick = datetime(2024, 3, 3, 3, 0, tzinfo=UTC)
        context = dg.build_schedule_context(instance, scheduled_execution_time=tick)
        before = schedule.evaluate_tick(context)
        backup.mkdir(parents=True)
        after = schedule.evaluate_tick(context)

    assert (before.run_requests, before.skip_message) == ([], "there is no backup yet")
    assert len(after.run_requests or []) == 1


def test_the_ages_of_backups_are_checked_although_none_is_taken(
    definitions: dg.Definitions,
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("backup_ages").execute_in_process(instance=instance)

    told = {check.check_name: check for check in done.get_asset_check_evaluations()}
    assert set(told) == {"backup_age", "restore_drill_age"}
    assert not any(check.passed for check in told.values())
    assert {check.severity for check in told.values()} == {dg.AssetCheckSeverity.WARN}
    assert "none yet" in (told["backup_age"].description or "")
