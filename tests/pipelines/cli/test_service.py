import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pipelines.alerts.pulse import SILENT_AFTER
from pipelines.cli import dev
from pipelines.cli.dev import serve_dagster
from pipelines.cli.service import become_code_server, become_daemon, become_webserver
from pipelines.settings import REPOSITORY
from schema.errors import UsageError
from tests.fixtures.dagster_ui import DagsterUi, wait_for
from tests.fixtures.listening import free_port

LOCATIONS = """
{ workspaceOrError { ... on Workspace { locationEntries {
    name
    locationOrLoadError { __typename }
} } } }
"""


@contextmanager
def service(environment: Mapping[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "service", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process
        process.terminate()


@pytest.fixture
def webserver(reachable_path: Path) -> Iterator[DagsterUi]:
    """The UI, which finds the definitions at a code server beside it."""
    environment = {"SOCIALLIVE_HOME": str(reachable_path)}
    port = str(free_port())
    with ExitStack() as services:
        services.enter_context(service(environment, "code"))
        wait_for((reachable_path / "dagster" / "code.sock").is_socket)
        services.enter_context(service(environment, "webserver", "--port", port, "--read-only"))
        ui = DagsterUi(f"http://127.0.0.1:{port}")
        wait_for(ui.is_up)
        yield ui


def test_the_webserver_shows_what_the_code_server_serves(webserver: DagsterUi) -> None:
    [location] = webserver.ask(LOCATIONS)["workspaceOrError"]["locationEntries"]

    assert location["name"] == "sociallive_analytics"
    assert location["locationOrLoadError"] == {"__typename": "RepositoryLocation"}


@pytest.mark.parametrize(
    "start",
    [
        become_code_server,
        become_daemon,
        lambda: become_webserver("127.0.0.1", 3000, read_only=True),
        lambda: serve_dagster(free_port()),
    ],
    ids=["code", "daemon", "webserver", "dev"],
)
def test_a_relative_home_is_the_same_folder_for_what_is_started_from_it(
    start: Callable[[], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: handed_on.append(arguments[-1]))
    monkeypatch.setattr(dev, "ready_platform", lambda _settings: None)
    monkeypatch.setenv("SOCIALLIVE_HOME", "home")
    monkeypatch.chdir(tmp_path)

    start()

    [environment] = handed_on
    assert environment["SOCIALLIVE_HOME"] == str(tmp_path / "home")
    assert environment["DAGSTER_HOME"] == str(tmp_path / "home" / "dagster")


def test_a_worker_may_take_longer_to_start_than_a_tick_and_less_than_a_dead_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute was too little for an overloaded machine: the run was failed while it began."""
    handed_on: list[dict[str, str]] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: handed_on.append(arguments[-1]))
    monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path))

    become_daemon()

    [environment] = handed_on
    program = (
        "from dagster._grpc import client; print(client.DEFAULT_GRPC_TIMEOUT, "
        "client.DEFAULT_SENSOR_GRPC_TIMEOUT, client.DEFAULT_SCHEDULE_GRPC_TIMEOUT)"
    )
    said = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    start, sensor, schedule = map(int, said.split())
    assert (sensor, schedule) == (60, 60)
    assert 180 < start < SILENT_AFTER.total_seconds()


def test_a_port_that_is_taken_is_told_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(UsageError, match=f"port {port} cannot be used: is it taken"):
            serve_dagster(port)

    assert list(tmp_path.iterdir()) == []
