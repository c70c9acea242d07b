import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from pipelines.cli import dev
from pipelines.cli.dev import serve_dagster
from pipelines.cli.service import become_code_server, become_daemon, become_webserver
from pipelines.settings import REPOSITORY
from schema.errors import UsageError
from tests.fixtures.mail_server import free_port

DEADLINE_S = 180
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


def wait_for(question: Callable[[], Any]) -> Any:
    """Ask until there is an answer; the pause spares the processor, not the test."""
    until = time.monotonic() + DEADLINE_S
    while time.monotonic() < until:
        if answer := question():
            return answer
        time.sleep(0.1)
    raise TimeoutError(f"no answer within {DEADLINE_S} s")


@pytest.fixture
def webserver(reachable_path: Path) -> Iterator[str]:
    """Address of the UI, which finds the definitions at a code server beside it."""
    environment = {"SOCIALLIVE_HOME": str(reachable_path)}
    port = str(free_port())
    with ExitStack() as services:
        services.enter_context(service(environment, "code"))
        wait_for((reachable_path / "dagster" / "code.sock").is_socket)
        services.enter_context(service(environment, "webserver", "--port", port, "--read-only"))
        yield f"http://127.0.0.1:{port}"


def test_the_webserver_shows_what_the_code_server_serves(webserver: str) -> None:
    def ask() -> Any:
        request = Request(
            f"{webserver}/graphql",
            json.dumps({"query": LOCATIONS}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urlopen(request, timeout=30) as response:
                return json.load(response)["data"]
        except (URLError, ConnectionError):
            return None

    [location] = wait_for(ask)["workspaceOrError"]["locationEntries"]

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


def test_a_port_that_is_taken_is_told_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(UsageError, match=f"port {port} cannot be used: is it taken"):
            serve_dagster(port)

    assert list(tmp_path.iterdir()) == []
