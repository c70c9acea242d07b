import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from pipelines.settings import REPOSITORY
from tests.fixtures.command import command_of
from tests.fixtures.installation import Installation
from tests.fixtures.listening import LOOPBACK, free_port, listeners

DEADLINE_S = 120


@contextmanager
def serving(installation: Installation, port: int) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own; it has said where it serves."""
    environment = os.environ | {
        "SOCIALLIVE_HOME": str(installation.settings.home),
        "SOCIALLIVE_DATABASE_URL": installation.url,
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "serve", "--port", str(port)],
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        yield process
        process.terminate()


def ask(port: int) -> httpx.Response:
    """The answer, as soon as somebody listens."""
    giving_up = threading.Event()
    timer = threading.Timer(DEADLINE_S, giving_up.set)
    timer.start()
    try:
        while not giving_up.is_set():
            try:
                return httpx.get(f"http://127.0.0.1:{port}/unsubscribe/nothing")
            except httpx.ConnectError:
                continue
        raise TimeoutError(f"nobody listens after {DEADLINE_S} s")
    finally:
        timer.cancel()


def endless_header(port: int) -> bytes:
    """The first words in answer to one that is larger than any browser's."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as line:
        try:
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000)
            return line.recv(12)
        except ConnectionError:
            return b""


def test_links_are_served_on_this_machine_only_and_nothing_is_logged(
    installation: Installation,
) -> None:
    port = free_port()

    with serving(installation, port) as process:
        answer = ask(port)
        refused = endless_header(port)
        listening = listeners(port)
        process.terminate()
        said, _ = process.communicate()

    assert answer.status_code == 404
    assert "does not lead anywhere" in answer.text
    assert refused in {b"", b"HTTP/1.1 400"}
    assert listening == {LOOPBACK}
    assert [line.split(":")[0] for line in said.splitlines()] == ["Mail has no links to it yet"]
    assert installation.settings.link_key.stat().st_size == 32


def test_a_port_that_is_taken_is_told(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        code, said = command_of(installation)("serve", "--port", str(port))

    assert code == 2
    assert f"port {port} cannot be used: is it taken? Try --port" in said
    assert "Traceback" not in said
