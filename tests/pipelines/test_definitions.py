import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.quality.definitions import TABLES_OF_FACTS
from assets.ranking.ranked_days import RANKINGS
from assets.resources.engine import EngineName
from assets.resources.lake import Lake
from pipelines.definitions import build_definitions
from pipelines.jobs import DAILY_JOB
from pipelines.settings import REPOSITORY, Settings
from schema.metrics import metric_versions
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.quick_lake import put_day

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
# Columns that the code writes itself, without any column of another table.
MADE_OF_NOTHING = {
    "engagement_models": {
        *("date", "learned_from", "held_out_from", "held_out_to", "code_version"),
    },
    "highlighted_posts": {"date", "list"},
    "score_receipts": {"date", "part"},
    "system_metrics": {"date", "metric_name"},
}
WEB = "https://git.example.org/platform/blob/main"
LOAD = """
import warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", category=DeprecationWarning, module="dagster.*")
from pipelines.definitions import defs
print(len(list(defs().resolve_asset_graph().get_all_asset_keys())))
"""


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1)))


def test_the_code_location_loads_in_a_fresh_interpreter_without_warnings() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )

    assert loaded.stderr == ""
    assert loaded.stdout.strip() == str(len(TABLES | LIFECYCLE | REPORTS))


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


def test_every_asset_tells_what_it_is_whose_it_is_and_where_its_code_is(
    definitions: dg.Definitions,
) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.group_name in {"ingestion", "analytics", "ranking", "lifecycle", "reports"}
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.tags["personal_data"], spec.key
        places = spec.metadata["dagster/code_references"].code_references
        for place in places:
            line = Path(place.file_path).read_text(encoding="utf-8").splitlines()
            assert line[place.line_number - 1].lstrip().startswith(("@dg.", "class ")), place
        told = spec.description or ""
        assert ("Grain:" in told and "Source:" in told) or "Fails when:" in told, spec.key


def test_every_table_tells_its_columns_their_units_and_what_is_unique(
    definitions: dg.Definitions,
) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}

    with_columns = {key for key, spec in specs.items() if "dagster/column_schema" in spec.metadata}
    assert with_columns == {*TABLES, "engagement_cold_store"}
    for key in with_columns:
        schema = specs[key].metadata["dagster/column_schema"]
        names = {column.name for column in schema.columns}
        unique = schema.constraints.other[0].removeprefix("unique: ").split(", ")
        assert set(unique) <= names | {"date"}, key
        for column in schema.columns:
            assert column.description, (key, column.name)
            is_amount = column.type.startswith(("Int", "Float", "Decimal"))
            assert bool(column.tags.get("unit")) == is_amount, (key, column.name)


def test_every_computed_table_tells_what_each_column_is_made_of(
    definitions: dg.Definitions,
) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    columns = {
        key: {column.name for column in specs[key].metadata["dagster/column_schema"].columns}
        for key in TABLES
    }

    for key in TABLES - set(SOURCE_TABLES):
        lineage = specs[key].metadata["dagster/column_lineage"].deps_by_column
        assert set(lineage) <= columns[key]
        assert columns[key] - set(lineage) <= MADE_OF_NOTHING.get(key, {"date"}), key
        named = {dep.asset_key.to_user_string() for deps in lineage.values() for dep in deps}
        upstream = {dep.asset_key.to_user_string() for dep in specs[key].deps}
        assert named <= upstream | set(RANKINGS), key
        for deps in lineage.values():
            assert all(d.column_name in columns[d.asset_key.to_user_string()] for d in deps), key


def test_code_is_shown_on_the_web_where_an_address_is_set(tmp_path: Path) -> None:
    settings = Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1), code_url=WEB)

    specs = build_definitions(settings).resolve_all_asset_specs()

    links = [
        place.url
        for spec in specs
        for place in spec.metadata["dagster/code_references"].code_references
    ]
    assert f"{WEB}/schema/tables/users.py#L" in {link.rstrip("0123456789") for link in links}
    assert all(link.startswith(f"{WEB}/") for link in links)


@pytest.mark.parametrize("table", ["user_analytics", "system_metrics"])
def test_the_tables_of_metrics_show_the_registry(definitions: dg.Definitions, table: str) -> None:
    (spec,) = [s for s in definitions.resolve_all_asset_specs() if s.key == dg.AssetKey(table)]

    assert spec.metadata["metric_versions"].value == metric_versions(table)
    assert all(f"| {name} | " in spec.metadata["metrics"].value for name in metric_versions(table))


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
        ("check_promises", {"freshness", "private_columns", "stray_rows"}, "15 6 * * *"),
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


def test_every_check_says_what_it_promises(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
        assert len(spec.description or "") > 30, key
        assert spec.partitions_def is None, key
        assert spec.blocking is (key.name == "published_numbers"), key


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
