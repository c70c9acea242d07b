from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.dagster_ui import DagsterUi, running_dev, wait_for
from tests.fixtures.listening import LOOPBACK, free_port, listeners

YESTERDAY = str(datetime.now(UTC).date() - timedelta(days=1))
LAUNCH = """
mutation($parameters: ExecutionParams!) {
  launchRun(executionParams: $parameters) { __typename ... on LaunchRunSuccess { run { runId } } }
}
"""
STATUS = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
SCHEDULES = """
{ schedulesOrError(repositorySelector: {
    repositoryName: "__repository__", repositoryLocationName: "sociallive_analytics"
  }) { ... on Schedules { results { name scheduleState { status } } } } }
"""


@pytest.fixture
def port() -> int:
    """Where the test's own `sociallive dev` listens."""
    return free_port()


@pytest.fixture
def dagster_ui(tmp_path: Path, database: str, port: int) -> Iterator[DagsterUi]:
    """A `sociallive dev` of the test's own."""
    variables = {
        "SOCIALLIVE_HOME": str(tmp_path / "home"),
        "SOCIALLIVE_DATABASE_URL": database,
        "SOCIALLIVE_FIRST_DAY": YESTERDAY,
    }
    with running_dev(port, variables) as (ui, server):
        yield ui
        # As `kill` does; whatever were left of it would keep its end of the pipe.
        server.terminate()
        server.communicate(timeout=60)


def test_the_ui_listens_on_this_machine_only_and_a_run_launched_in_it_reaches_the_tables(
    dagster_ui: DagsterUi, port: int, database: str
) -> None:
    assert listeners(port) == {LOOPBACK}

    launched = dagster_ui.ask(
        LAUNCH,
        parameters={
            "selector": {
                "repositoryName": "__repository__",
                "repositoryLocationName": "sociallive_analytics",
                "jobName": "daily",
            },
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": YESTERDAY}]},
        },
    )
    run = launched["launchRun"]["run"]["runId"]
    ended = {"SUCCESS", "FAILURE", "CANCELED"}

    def status() -> str | None:
        said = dagster_ui.ask(STATUS, id=run)["runOrError"]["status"]
        return said if said in ended else None

    assert wait_for(status) == "SUCCESS"
    with psycopg.connect(database) as session:
        days = session.execute("SELECT DISTINCT timestamp::date::text FROM system_metrics")
        assert days.fetchall() == [(YESTERDAY,)]
    schedules = dagster_ui.ask(SCHEDULES)["schedulesOrError"]["results"]
    running = {schedule["name"]: schedule["scheduleState"]["status"] for schedule in schedules}
    assert {"daily", "back_up_database", "keep_erased"} <= set(running)
    assert set(running.values()) == {"RUNNING"}
