from datetime import date, timedelta

import dagster as dg
import pytest

from assets.quality.findings import Finding
from assets.quality.reconciliation_checks import check_result, counters_check, days_to_check
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from pipelines.definitions import LAKE_TABLES, build_definitions
from pipelines.jobs import DAILY_JOB
from schema.windows import DayRange
from tests.fixtures.installation import Installation

DAY = "2026-11-01"
KEY = dg.AssetCheckKey(dg.AssetKey("posts"), "counters")


@pytest.fixture
def installation(installation: Installation) -> Installation:
    return installation.since(date(2026, 11, 1))


def evaluate(
    installation: Installation, *, success: bool = True
) -> dict[str, dg.AssetCheckEvaluation]:
    """Run the daily job for the day, and look at what its checks say."""
    job = build_definitions(installation.settings).resolve_job_def(DAILY_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = job.execute_in_process(
            instance=instance, partition_key=DAY, raise_on_error=success
        )
    return said_by(outcome, success=success)


def evaluate_counters(installation: Installation) -> dict[str, dg.AssetCheckEvaluation]:
    """Evaluate the counters' check alone: it is not part of the daily job."""
    counters = counters_check()
    job = dg.define_asset_job("counters", selection=dg.AssetSelection.checks(counters))
    definitions = dg.Definitions(
        asset_checks=[counters],
        jobs=[job],
        resources={"postgres": Postgres(installation.url)},
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return said_by(
            definitions.resolve_job_def("counters").execute_in_process(instance=instance)
        )


def said_by(
    outcome: dg.ExecuteInProcessResult, *, success: bool = True
) -> dict[str, dg.AssetCheckEvaluation]:
    assert outcome.success is success
    return {
        f"{said.check_name} of {said.asset_key.to_user_string()}": said
        for said in outcome.get_asset_check_evaluations()
    }


def test_the_daily_job_evaluates_its_checks_and_an_empty_platform_passes_them(
    installation: Installation,
) -> None:
    said = evaluate(installation)

    assert {name for name in said if not name.startswith("volume of")} == {
        *(f"published_numbers of {table}" for table in ("user_analytics", "system_metrics")),
        *(f"contract_and_files of {table}" for table in LAKE_TABLES),
    }
    assert all(evaluation.passed for evaluation in said.values())
    blocking = {name for name, evaluation in said.items() if evaluation.blocking}
    assert blocking == {name for name in said if name.startswith("published_numbers")}
    rows = said["contract_and_files of post_states"].metadata
    assert {name: rows[name].value for name in ("rows_read", "rows_accepted", "rows_rejected")} == {
        "rows_read": 0,
        "rows_accepted": 0,
        "rows_rejected": 0,
    }
    assert (rows["first_day"].value, rows["last_day"].value) == (DAY, DAY)
    assert rows["failed_days"].value == "none"


def test_a_wrong_counter_is_a_warning_that_stops_nothing(installation: Installation) -> None:
    installation.execute(
        "INSERT INTO users (email, username, password_hash, followers_count, created_at) "
        "VALUES ('p@users.invalid', 'p', '!', 3, '2026-11-01')"
    )

    said = evaluate_counters(installation)

    failed = [name for name, evaluation in said.items() if not evaluation.passed]
    assert set(said) == {f"counters of {table}" for table in ("users", "posts", "comments")}
    assert failed == ["counters of users"]
    assert said[failed[0]].severity is dg.AssetCheckSeverity.WARN


def test_numbers_written_by_somebody_else_fail_the_run_and_name_their_day(
    installation: Installation,
) -> None:
    # A metric of ours under a tag that is none of ours survives the write-back of the day only
    # when it is written after it.
    installation.execute(
        "CREATE FUNCTION add_bots() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO system_metrics (metric_name, metric_value, tags, timestamp) "
        """VALUES ('follows', 3, '{"of": "bots"}', NEW.timestamp) ON CONFLICT DO NOTHING; """
        "RETURN NULL; END $$"
    )
    installation.execute(
        "CREATE TRIGGER add_bots AFTER INSERT ON system_metrics FOR EACH ROW "
        "WHEN (NEW.metric_name = 'unfollows') EXECUTE FUNCTION add_bots()"
    )

    said = evaluate(installation, success=False)

    failed = [name for name, evaluation in said.items() if not evaluation.passed]
    assert failed == ["published_numbers of system_metrics"]
    assert said[failed[0]].metadata["failed_days"].value == DAY
    assert said[failed[0]].severity is dg.AssetCheckSeverity.ERROR
    assert f"sociallive run --date {DAY}" in str(said[failed[0]].metadata["what_next"].value)
    assert said[failed[0]].metadata["unexplained"].value == 3

    installation.run(DAY)

    assert installation.metric("follows", DAY, '{"of": "bots"}') is None


def test_a_result_shows_the_findings_of_its_table_only() -> None:
    mine = Finding("counters", "posts.likes_count", unexplained=2, advice="recount it")
    other = Finding("counters", "users.posts_count", unexplained=5, advice="recount that")

    result = check_result(KEY, [other, mine], severity=dg.AssetCheckSeverity.WARN)

    assert not result.passed
    assert result.description == "recount it"
    assert result.metadata["unexplained"].value == 2
    assert result.metadata["what_next"].value == "recount it"
    assert "users" not in str(result.metadata["findings"].value)


def test_a_result_without_alarms_says_how_much_agrees_and_has_nothing_to_do_next() -> None:
    calm = Finding("counters", "posts.likes_count", compared=1_250, explained={"archived": 2})

    result = check_result(KEY, [calm], severity=dg.AssetCheckSeverity.WARN)

    assert result.passed
    assert result.description == "1,250 compared: nothing differs that is not explained"
    assert result.metadata["what_next"].value == "nothing"


def test_the_days_are_those_of_the_run() -> None:
    ranged = {
        "dagster/asset_partition_range_start": "2026-11-01",
        "dagster/asset_partition_range_end": "2026-11-03",
    }

    assert days_to_check(ranged) == DayRange(date(2026, 11, 1), date(2026, 11, 3))
    assert days_to_check({"dagster/partition": DAY}) == DayRange(
        date(2026, 11, 1), date(2026, 11, 1)
    )


def test_a_check_that_is_run_alone_looks_at_the_last_week() -> None:
    today = utc_today()

    assert days_to_check({}) in {
        DayRange(day - timedelta(days=7), day - timedelta(days=1))
        for day in (today, today + timedelta(days=1))
    }
