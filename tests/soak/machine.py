"""A server of ours at another time: its daemon as a service manager runs it, and its commands."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import dagster as dg

from pipelines.code_server import code_socket
from pipelines.dagster_home import open_instance
from pipelines.settings import REPOSITORY, read_settings
from tests.fixtures.midnight import packaged_library

DEADLINE_S = 1800
POLL_S = 1.0
# Longer than every sensor's interval: what follows from something has followed.
QUIET_S = 75
GRACE_S = 10
UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(slots=True)
class Machine:
    """One installation, started and stopped at moments of our choosing."""

    variables: Mapping[str, str]
    log: Path
    shift: float = field(default=0.0)

    def set_clock(self, showing: datetime) -> None:
        """What processes started from now on take for the time."""
        self.shift = (showing - datetime.now(UTC)).total_seconds()

    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        return {
            **os.environ,
            **self.variables,
            "LD_PRELOAD": str(packaged_library()),
            "FAKETIME": f"{self.shift:+f}",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(REPOSITORY),
            "COLUMNS": "200",
        }

    def command(self, *arguments: str) -> str:
        """What a `sociallive` command says; it must not fail."""
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            cwd=REPOSITORY,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @contextmanager
    def services(self) -> Iterator[int]:
        """Code server and daemon with all their children, as one group: its number."""
        with (
            self.log.open("ab") as log,
            self._service("code", log, group=0) as code,
        ):
            socket = code_socket(read_settings(self.variables))
            try:
                wait_for(socket.is_socket)
                with self._service("daemon", log, group=code.pid):
                    try:
                        yield code.pid
                        end(code.pid)
                    finally:
                        # Of a failure, too: else it is waited for what nobody ends.
                        cut_off(code.pid)
            finally:
                cut_off(code.pid)
                socket.unlink(missing_ok=True)

    def _service(self, name: str, log: BinaryIO, *, group: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines.cli", "service", name],
            cwd=REPOSITORY,
            env=self.environment(),
            stdout=log,
            stderr=log,
            process_group=group,
        )

    @contextmanager
    def storage(self) -> Iterator[dg.DagsterInstance]:
        """Dagster's storage, looked at from the present."""
        with open_instance(read_settings({**os.environ, **self.variables})) as instance:
            yield instance


def end(group: int) -> None:
    """End a group: politely, and what is left of it the hard way, as service managers do."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGTERM)
        time.sleep(GRACE_S)
    cut_off(group)


def cut_off(group: int) -> None:
    """End a group as a power cut does."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def wait_for(question: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    """Ask until there is an answer."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        if question():
            return
        time.sleep(POLL_S)
    raise TimeoutError(f"nothing within {deadline_s} s: {question}")


def daily_runs(instance: dg.DagsterInstance, day: date) -> list[dg.DagsterRun]:
    """Daily runs of a day, newest first."""
    tags = {"dagster/partition": day.isoformat()}
    return list(instance.get_runs(dg.RunsFilter(job_name="daily", tags=tags)))


def wait_until_quiet(instance: dg.DagsterInstance) -> None:
    """Wait until nothing runs, and nothing more has come for as long as a sensor sleeps."""
    quiet_since, known = time.monotonic(), -1

    def is_quiet() -> bool:
        nonlocal quiet_since, known
        runs = instance.get_runs_count()
        busy = instance.get_runs_count(dg.RunsFilter(statuses=UNFINISHED))
        if busy or runs != known:
            quiet_since, known = time.monotonic(), runs
        return time.monotonic() - quiet_since > QUIET_S

    wait_for(is_quiet)
