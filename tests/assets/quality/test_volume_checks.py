from datetime import date, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from assets.quality.volume_checks import TABLES_OF_FACTS, volume_checks
from assets.resources.postgres import Postgres

D = date(2026, 11, 20)
PUBLISH = """
INSERT INTO pipeline.partition_ledger (
    table_name, partition_date, fence, run_id, state, load_id, row_count, is_final
) VALUES (%s, %s, 1, 'a run', 'published', 'a load', %s, true)
"""
MEASURE = """
INSERT INTO system_metrics (timestamp, metric_name, tags, metric_value) VALUES (%s, %s, '{}', %s)
"""


@pytest.fixture
def session(connection: psycopg.Connection) -> psycopg.Connection:
    connection.autocommit = True
    return connection


def publish(session: psycopg.Connection, table: str, rows: int, *, outlier: int) -> None:
    """Nine weeks of the same rows every day up to D, but for another number on D itself."""
    for age in range(63):
        amount = rows if age else outlier
        session.execute(PUBLISH, [table, D - timedelta(days=age), amount])


def measure(session: psycopg.Connection, metric: str, value: int, *, outlier: int) -> None:
    for age in range(63):
        session.execute(MEASURE, [D - timedelta(days=age), metric, value if age else outlier])


def evaluate(url: str, **tags: str) -> dict[str, dg.AssetCheckEvaluation]:
    """Run the checks alone, as somebody does in the UI."""
    job = dg.Definitions(
        asset_checks=volume_checks(),
        jobs=[dg.define_asset_job("checks", selection=dg.AssetSelection.all_asset_checks())],
        resources={"postgres": Postgres(url)},
    ).resolve_job_def("checks")
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = job.execute_in_process(instance=instance, tags=tags)
    assert outcome.success
    return {said.asset_key.to_user_string(): said for said in outcome.get_asset_check_evaluations()}


def told(said: dg.AssetCheckEvaluation) -> dict[str, Any]:
    return {key: value.value for key, value in said.metadata.items()}


def test_without_anything_published_every_check_passes_and_judges_nothing(database: str) -> None:
    said = evaluate(database)

    assert set(said) == {*TABLES_OF_FACTS, "system_metrics"}
    assert all(evaluation.passed for evaluation in said.values())
    assert {told(evaluation)["judged"] for evaluation in said.values()} == {0}
    # Markdown would stand behind a click.
    shown = [evaluation.metadata["unusual"] for evaluation in said.values()]
    assert {(type(one), one.value) for one in shown} == {(dg.TextMetadataValue, "nothing")}


def test_a_run_without_days_judges_the_last_week_that_was_published(
    session: psycopg.Connection, database: str
) -> None:
    publish(session, "posts", 10_000, outlier=0)

    said = evaluate(database)["posts"]

    assert not said.passed
    assert said.severity is dg.AssetCheckSeverity.WARN
    assert told(said) | {"what_next": ""} == {
        "days": "2026-11-14 to 2026-11-20",
        "series": 1,
        "judged": 7,
        "too_little_history": 0,
        "unusual": "| day | series | amount | usual | verdict |\n| --- | --- | --- | --- | --- |\n"
        "| 2026-11-20 | posts | 0 | 5,000 to 40,000 | unusually few |\n",
        "what_next": "",
    }
    assert "sociallive run --date D" in told(said)["what_next"]


def test_a_run_of_one_day_judges_that_day_only(session: psycopg.Connection, database: str) -> None:
    publish(session, "posts", 10_000, outlier=0)

    before = evaluate(database, **{"dagster/partition": "2026-11-19"})["posts"]
    after = evaluate(database, **{"dagster/partition": "2026-11-20"})["posts"]

    assert (before.passed, told(before)["days"]) == (True, "2026-11-19 to 2026-11-19")
    assert (after.passed, told(after)["judged"]) == (False, 1)


def test_a_warning_about_one_table_is_none_about_another(
    session: psycopg.Connection, database: str
) -> None:
    publish(session, "posts", 10_000, outlier=0)
    publish(session, "user_engagement", 10_000, outlier=10_100)

    said = evaluate(database)

    assert [table for table, evaluation in said.items() if not evaluation.passed] == ["posts"]
    assert told(said["user_engagement"])["judged"] == 7


def test_bytes_are_judged_in_large_uploads(session: psycopg.Connection, database: str) -> None:
    publish(session, "system_metrics", 1, outlier=1)
    measure(session, "media_bytes", 5_000_000, outlier=900_000_000)
    measure(session, "new_users", 5_000, outlier=100_000)

    said = evaluate(database)["system_metrics"]

    assert not said.passed
    assert told(said)["series"] == 2
    assert "| new_users | 100,000 |" in told(said)["unusual"]
    assert "media_bytes" not in told(said)["unusual"]


def test_an_unreachable_database_is_refused_in_one_sentence() -> None:
    with pytest.raises(dg.Failure, match="cannot connect to PostgreSQL"):
        evaluate("postgresql://nobody@127.0.0.1:1/nowhere")
