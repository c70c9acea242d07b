import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.resources.engine import EngineName
from pipelines.settings import REPOSITORY
from tests.fixtures.installation import RECENT, Copy, Installation

pytestmark = pytest.mark.fault

FIRST, LAST = "2024-02-29", "2024-03-02"
DEADLINE_S = 300


@pytest.fixture(scope="module")
def undisturbed(lasting_copies: Copy, recent_template: str) -> Installation:
    installation = lasting_copies(recent_template, EngineName.DUCKDB, RECENT)
    installation.run(FIRST, LAST)
    return installation


def kill_run_once(installation: Installation, there: Callable[[], bool]) -> None:
    """Start the command, and kill -9 it as soon as something is there."""
    environment = {
        **os.environ,
        "SOCIALLIVE_HOME": str(installation.settings.home),
        "SOCIALLIVE_DATABASE_URL": installation.url,
        "SOCIALLIVE_FIRST_DAY": str(installation.settings.first_day),
    }
    command = [sys.executable, "-m", "pipelines.cli", "run", "--from", FIRST, "--to", LAST]
    until = time.monotonic() + DEADLINE_S
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL
    ) as run:
        while not there():
            assert run.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < until, "nothing to kill the run at"
        run.send_signal(signal.SIGKILL)


@pytest.mark.parametrize(
    "trace",
    [
        "_staging/post_states/*/*/*.parquet",
        "users/*/manifest.json",
        "_staging/user_activity/*/*/*.parquet",
        "user_analytics/*/manifest.json",
        "engagement_models/*/manifest.json",
        "post_scores/*/manifest.json",
    ],
)
def test_a_run_killed_anywhere_and_run_again_gives_what_an_undisturbed_one_gives(
    recent_installation: Installation, undisturbed: Installation, trace: str
) -> None:
    installation = recent_installation
    lake = Path(installation.settings.lake)

    kill_run_once(installation, lambda: any(lake.glob(trace)))
    installation.run(FIRST, LAST)

    assert installation.user_analytics() == installation.expected("user_analytics", FIRST, LAST)
    assert installation.system_metrics() == undisturbed.system_metrics()
    assert installation.scores() == undisturbed.scores()
    assert list((lake / "_staging").rglob("*.parquet")) == []
    unfinished = "SELECT count(*) FROM pipeline.partition_ledger WHERE state <> 'published'"
    assert installation.rows(unfinished) == [(0,)]
