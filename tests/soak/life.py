"""A platform that lives through many days, and the one process that runs them."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.settings import REPOSITORY, Settings, read_settings
from tests.soak.servers import ShiftedServer
from tests.soak.telling import say

FIRST = date(2025, 1, 1)
# A run of a day takes longer than that, so that what happens then happens in its middle.
WITHIN_S = 5.0
ATTEMPTS = 3


@dataclass
class Life:
    """A platform, an installation, and the process that runs its days."""

    server: ShiftedServer
    folder: Path
    chance: random.Random
    held_back: pl.DataFrame
    has_guest: bool = False
    trouble: threading.Timer | None = None

    @property
    def url(self) -> str:
        return self.server.server.url("platform")

    @property
    def temporary(self) -> Path:
        """Where its processes keep what is not to stay."""
        return self.folder / "temporary"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.server.variables,
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_NO_CACHE": "0",
            "SOCIALLIVE_HOME": str(self.folder / "home"),
            "SOCIALLIVE_DATABASE_URL": self.url,
            "SOCIALLIVE_FIRST_DAY": str(FIRST),
            "TMPDIR": str(self.temporary),
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.environment)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of the installation."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, worker: subprocess.Popen[str], day: date) -> int:
        """Let the process run the day until it succeeds; how often that was tried."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        for attempt in range(1, ATTEMPTS + 1):
            print(day, file=worker.stdin, flush=True)
            said = worker.stdout.readline()
            assert said, "the process that runs the days has ended"
            if not said.strip():
                return attempt
            say(f"{day}: {said.strip()}")
            self.wait_until_over()
        raise SystemExit(f"{day} failed {ATTEMPTS} times")

    def happen_soon(self, trouble: Callable[[], object]) -> None:
        """Let something happen in the middle of the run that is to begin now."""
        self.trouble = threading.Timer(self.chance.uniform(0, WITHIN_S), trouble)
        self.trouble.start()

    def wait_until_over(self) -> None:
        """Wait until what was to happen has happened."""
        if self.trouble:
            self.trouble.join()


@contextmanager
def living_worker(life: Life) -> Iterator[subprocess.Popen[str]]:
    with life.command("tests.soak.living_worker") as worker:
        yield worker
        assert worker.stdin is not None
        worker.stdin.close()
