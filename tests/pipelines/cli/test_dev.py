import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psycopg
import pytest

from pipelines.settings import REPOSITORY
from tests.fixtures.listening import LOOPBACK, listeners
from tests.fixtures.mail_server import free_port

DEADLINE_S = 120
YESTERDAY = str(datetime.now(UTC).date() - timedelta(days=1))
Ask = Callable[..., Any]
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


def wait_for(question: Callable[[], Any]) -> Any:
    """Ask until there is an answer; the pause spares the processor, not the test."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if answer := question():
            return answer
        time.sleep(0.25)
    raise TimeoutError(f"no answer within {DEADLINE_S} s")


@pytest.fixture
def port() -> int:
    """Where the test's own `sociallive dev` listens."""
    return free_port()


@pytest.fixture
def ask_dagster(tmp_path: Path, database: str, port: int) -> Iterator[Ask]:
    """GraphQL of a `sociallive dev` of the test's own."""
    environment = {
        **os.environ,
        "SOCIALLIVE_HOME": str(tmp_path / "home"),
        "SOCIALLIVE_DATABASE_URL": database,
        "SOCIALLIVE_FIRST_DAY": YESTERDAY,
    }
    command = [sys.executable, "-m", "pipelines.cli", "dev", "--port", str(port)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE
    ) as server:

        def ask(query: str, **variables: Any) -> Any:
            body = json.dumps({"query": query, "variables": variables}).encode()
            headers = {"Content-Type": "application/json"}
            request = Request(f"http://127.0.0.1:{port}/graphql", body, headers)
            with urlopen(request, timeout=30) as response:
                return json.load(response)["data"]

        def is_up() -> bool:
            try:
                return bool(ask("{ version }"))
            except (URLError, ConnectionError):
                return False

        wait_for(is_up)
        yield ask
        # As `kill` does; whatever were left of it would keep its end of the pipe.
        server.terminate()
        server.communicate(timeout=60)


def test_the_ui_listens_on_this_machine_only_and_a_run_launched_in_it_reaches_the_tables(
    ask_dagster: Ask, port: int, database: str
) -> None:
    assert listeners(port) == {LOOPBACK}

    launched = ask_dagster(
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
        said = ask_dagster(STATUS, id=run)["runOrError"]["status"]
        return said if said in ended else None

    assert wait_for(status) == "SUCCESS"
    with psycopg.connect(database) as session:
        days = session.execute("SELECT DISTINCT timestamp::date::text FROM system_metrics")
        assert days.fetchall() == [(YESTERDAY,)]
    schedules = ask_dagster(SCHEDULES)["schedulesOrError"]["results"]
    running = {schedule["name"]: schedule["scheduleState"]["status"] for schedule in schedules}
    assert {"daily", "back_up_database", "keep_erased"} <= set(running)
    assert set(running.values()) == {"RUNNING"}
