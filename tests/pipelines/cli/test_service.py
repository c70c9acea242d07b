import json
import os
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

from pipelines.settings import REPOSITORY
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
