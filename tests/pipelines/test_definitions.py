import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.quality.volume_checks import TABLES_OF_FACTS
from assets.ranking.ranked_days import RANKINGS
from assets.resources.engine import EngineName
from pipelines.definitions import build_definitions
from pipelines.jobs import DAILY_JOB, ONE_AT_A_TIME
from pipelines.settings import REPOSITORY, Settings

MODELS = {"engagement_models"}
REPORTS = {
    *("platform_overview", "report_deliveries", "analyst_views"),
    *("creator_reports_daily", "creator_reports_weekly", "creator_reports_monthly"),
}
LIFECYCLE = {
    *("engagement_partitions", "engagement_archive", "engagement_cold_store"),
    *("expired_rows", "database_backup", "restore_drill", "erasures"),
}
TABLES = {*SOURCE_TABLES, *ROLLUPS, *RANKINGS, *MODELS, "user_analytics", "system_metrics"}
LOAD = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="dagster.*")
from pipelines.definitions import defs
print(len(list(defs().resolve_asset_graph().get_all_asset_keys())))
"""


AUTOMATION = """
from pipelines.definitions import defs
repository = defs().get_repository_def()
for found in [*repository.schedule_defs, *repository.sensor_defs]:
    print(found.name, found.default_status.name)
"""


def loaded(program: str, home: Path, storage: Path) -> subprocess.CompletedProcess[str]:
    """What a process of Dagster's says that was started with this storage."""
    variables = {"SOCIALLIVE_HOME": str(home), "DAGSTER_HOME": str(storage)}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_code_location_loads_in_a_fresh_interpreter_without_warnings(tmp_path: Path) -> None:
    done = loaded(LOAD, tmp_path, tmp_path / "dagster")

    assert done.stderr == ""
    assert done.stdout.strip() == str(len(TABLES | LIFECYCLE | REPORTS))


def test_nothing_runs_by_itself_in_another_storage_than_that_of_the_home(tmp_path: Path) -> None:
    """Its sensor would call well again whatever the home's own storage knows to be wrong."""
    at_home = loaded(AUTOMATION, tmp_path, tmp_path / "dagster")
    elsewhere = loaded(AUTOMATION, tmp_path, tmp_path / "elsewhere")

    running, resting = (
        dict(line.split() for line in done.stdout.splitlines()) for done in (at_home, elsewhere)
    )
    assert {"daily", "report_each_week", "alerts", "repair"} <= running.keys()
    assert set(running.values()) == {"RUNNING"}
    assert resting == dict.fromkeys(running, "STOPPED")
    assert f"DAGSTER_HOME is not {tmp_path / 'dagster'}: no history is shown" in elsewhere.stderr


def test_loading_the_definitions_imports_no_storage_no_server_and_no_learner(
    tmp_path: Path,
) -> None:
    unneeded = {"alembic", "lightgbm", "scipy", "sklearn", "sqlalchemy", "starlette", "uvicorn"}
    program = f"{LOAD}import sys; print(*sorted(sys.modules.keys() & {unneeded}))"

    done = loaded(program, tmp_path, tmp_path / "dagster")

    assert done.stdout.splitlines()[1:] == [""], done.stderr


def test_building_definitions_opens_and_writes_nothing(tmp_path: Path) -> None:
    build_definitions(Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1)))

    assert list(tmp_path.iterdir()) == []


def test_every_table_is_an_asset_and_every_dependency_is_a_table(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()

    known = TABLES | LIFECYCLE | REPORTS
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == known
    assert graph.materializable_asset_keys == graph.get_all_asset_keys()


def test_the_daily_job_materializes_everything(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(DAILY_JOB)

    selected = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert selected == TABLES | {"analyst_views"}
    assert "head_room" not in {key.name for key in job.asset_layer.asset_graph.asset_check_keys}


@pytest.mark.parametrize(
    ("name", "asset", "checks", "cron"),
    [
        ("clean_up_expired_rows", "expired_rows", set(), "30 1 * * *"),
        ("back_up_database", "database_backup", {"backup_age"}, "0 2 * * *"),
        ("try_restore", "restore_drill", {"restore_drill_age"}, "0 3 * * 0"),
        ("make_partitions", "engagement_partitions", {"head_room"}, "0 4 * * *"),
        ("keep_erased", "erasures", set(), "30 4 * * *"),
        ("archive_engagement", "engagement_archive", set(), "0 5 * * 0"),
        ("copy_to_cold_store", "engagement_cold_store", {"archive_manifests"}, "30 5 * * 0"),
    ],
)
def test_what_keeps_old_rows_in_order_has_a_job_and_a_schedule_of_its_own(
    definitions: dg.Definitions, name: str, asset: str, checks: set[str], cron: str
) -> None:
    job = definitions.resolve_job_def(name)
    schedule = definitions.resolve_schedule_def(name)

    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == {asset}
    assert {key.name for key in job.asset_layer.asset_graph.asset_check_keys} == checks
    assert (schedule.cron_schedule, schedule.job_name) == (cron, name)
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize(
    ("name", "checks", "cron"),
    [
        (
            "check_promises",
            {"freshness", "books", "private_columns", "stray_rows", "open_transactions"},
            "15 6 * * *",
        ),
        ("check_thoroughly", {"counters", "model_quality"}, "30 6 * * 1"),
    ],
)
def test_what_no_run_of_a_day_can_see_is_checked_by_a_schedule_of_its_own(
    definitions: dg.Definitions, name: str, checks: set[str], cron: str
) -> None:
    job, schedule = definitions.resolve_job_def(name), definitions.resolve_schedule_def(name)
    daily = definitions.resolve_job_def(DAILY_JOB).asset_layer.asset_graph.asset_check_keys

    assert {key.name for key in job.asset_layer.asset_graph.asset_check_keys} == checks
    assert not job.asset_layer.executable_asset_keys
    assert (schedule.cron_schedule, schedule.job_name) == (cron, name)
    assert not {key.name for key in daily} & checks


def test_the_overview_has_a_job_and_a_schedule_after_the_daily_run(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def("overview")
    schedule = definitions.resolve_schedule_def("overview")

    assert [key.to_user_string() for key in job.asset_layer.executable_asset_keys] == [
        "platform_overview"
    ]
    assert (schedule.cron_schedule, schedule.job_name) == ("15 1 * * *", "overview")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_daily_job_warns_of_unusual_volumes_and_no_check_of_them_blocks(
    definitions: dg.Definitions,
) -> None:
    job = definitions.resolve_job_def(DAILY_JOB)
    graph = definitions.resolve_asset_graph()

    keys = {key for key in job.asset_layer.asset_graph.asset_check_keys if key.name == "volume"}
    judged = {key.asset_key.to_user_string() for key in keys}
    assert judged == {*TABLES_OF_FACTS, "system_metrics"}
    assert set(TABLES_OF_FACTS) <= set(SOURCE_TABLES)
    for key in keys:
        spec = graph.get_check_spec(key)
        assert not spec.blocking, key
        assert spec.partitions_def is None, key
        assert spec.description, key


def test_partitions_begin_at_the_first_day_and_hold_today(definitions: dg.Definitions) -> None:
    partitions = definitions.resolve_job_def(DAILY_JOB).partitions_def
    assert partitions is not None

    keys = partitions.get_partition_keys(current_time=datetime(2010, 1, 3, 12, tzinfo=UTC))

    assert keys == ["2010-01-01", "2010-01-02", "2010-01-03"]


def test_a_backfill_is_one_run_of_exactly_the_days_that_were_asked_for(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()

    for table in TABLES:
        for parent in graph.get(dg.AssetKey(table)).parent_keys:
            mapping = graph.get_partition_mapping(dg.AssetKey(table), parent)
            assert isinstance(mapping, dg.TimeWindowPartitionMapping)
            assert (mapping.start_offset, mapping.end_offset) == (0, 0), (table, parent)
        policy = graph.get(dg.AssetKey(table)).backfill_policy
        assert policy is not None
        assert policy.max_partitions_per_run is None


def test_what_moves_months_or_tries_a_backup_waits_for_the_one_at_work(
    definitions: dg.Definitions,
) -> None:
    jobs = ("make_partitions", "archive_engagement", "copy_to_cold_store", "try_restore")

    turns = {
        definitions.resolve_job_def(name).tags[ONE_AT_A_TIME]
        for name in ("back_up_database", *jobs)
    }

    assert len(turns) == 1
    assert definitions.resolve_job_def("keep_erased").tags[ONE_AT_A_TIME] not in turns
