import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_account import server_account
from assets.resources.embedded_binaries import find_package
from assets.resources.engine import EngineName
from pipelines.settings import REPOSITORY, Settings
from schema.migrate import migrate
from schema.windows import DayRange, parse_day
from tests.fixtures.embedded import postmaster
from tests.fixtures.everything import everything
from tests.fixtures.installation import RECENT, Copy, Installation
from tests.fixtures.postgres import PostgresServer

pytestmark = pytest.mark.fault

FIRST, LAST = "2024-02-29", "2024-03-02"
DAYS = DayRange(parse_day(FIRST), parse_day(LAST))
DEADLINE_S = 300
SEED = 20240229


@pytest.fixture(scope="module")
def undisturbed(lasting_copies: Copy, recent_template: str) -> Installation:
    installation = lasting_copies(recent_template, EngineName.DUCKDB, RECENT)
    installation.run(FIRST, LAST)
    return installation


@pytest.fixture(scope="module")
def undisturbed_numbers(undisturbed: Installation) -> dict[str, list[Any]]:
    return everything(undisturbed, DAYS)


@pytest.fixture
def mortal_server(new_home: Path) -> EmbeddedPostgres:
    server = EmbeddedPostgres(new_home)
    server.start()
    return server


@pytest.fixture
def on_mortal_server(
    mortal_server: EmbeddedPostgres,
    postgres_server: PostgresServer,
    recent_template: str,
    tmp_path: Path,
) -> Installation:
    """The same platform on an embedded server that nobody else uses."""
    account = server_account(mortal_server.home, euid=os.geteuid())
    package = find_package().usable_by(account, place=mortal_server.home)
    # A dump holds no roles, and any migrated database brings them.
    migrate(mortal_server.url.replace("/sociallive?", "/postgres?"))
    dump, source = tmp_path / "dump", postgres_server.url(recent_template)
    for command in (
        [package.program("pg_dump"), "--format=custom", f"--file={dump}", source],
        [package.program("pg_restore"), f"--dbname={mortal_server.url}", dump],
    ):
        subprocess.run([str(word) for word in command], check=True)
    home = tmp_path / "home"
    return Installation(Settings(home, mortal_server.url, EngineName.DUCKDB, RECENT))


@contextmanager
def run_until(
    installation: Installation, is_there: Callable[[], bool]
) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own, when something is there."""
    environment = {
        **os.environ,
        "SOCIALLIVE_HOME": str(installation.settings.home),
        "SOCIALLIVE_DATABASE_URL": installation.url,
        "SOCIALLIVE_FIRST_DAY": str(installation.settings.first_day),
        "COLUMNS": "200",
    }
    command = [sys.executable, "-m", "pipelines.cli", "run", "--from", FIRST, "--to", LAST]
    until = time.monotonic() + DEADLINE_S
    with subprocess.Popen(
        command,
        cwd=REPOSITORY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        while not is_there():
            assert run.poll() is None, "the run ended before it could be disturbed"
            assert time.monotonic() < until, "nothing to disturb the run at"
        yield run


def kill_run_once(installation: Installation, is_there: Callable[[], bool]) -> None:
    """Start the command, and kill -9 it as soon as something is there."""
    with run_until(installation, is_there) as run:
        run.send_signal(signal.SIGKILL)


def has(installation: Installation, trace: str) -> bool:
    return any(installation.settings.lake.glob(trace))


def has_published(installation: Installation, partitions: int) -> bool:
    return published_partitions(installation) >= partitions


def published_partitions(installation: Installation) -> int:
    # Not of the folder of what is staged: it changes while it is looked through.
    return len(list(installation.settings.lake.glob("[!_]*/*/manifest.json")))


def is_all_published(installation: Installation) -> bool:
    """Nothing staged is left, and no partition is open in the books."""
    unfinished = "SELECT count(*) FROM pipeline.partition_ledger WHERE state <> 'published'"
    staged = list((installation.settings.lake / "_staging").rglob("*.parquet"))
    return staged == [] and installation.rows(unfinished) == [(0,)]


@pytest.mark.parametrize(
    "traces",
    [
        ("_staging/post_states/*/*/*.parquet", "user_analytics/*/manifest.json"),
        ("users/*/manifest.json", "post_scores/*/manifest.json"),
        ("_staging/user_activity/*/*/*.parquet", "popular_posts/*/manifest.json"),
        ("engagement_models/*/manifest.json", "score_receipts/*/manifest.json"),
    ],
)
def test_a_run_killed_anywhere_and_run_again_gives_what_an_undisturbed_one_gives(
    recent_installation: Installation,
    undisturbed_numbers: dict[str, list[Any]],
    traces: tuple[str, ...],
) -> None:
    for trace in traces:
        kill_run_once(recent_installation, partial(has, recent_installation, trace))
    recent_installation.run(FIRST, LAST)

    assert everything(recent_installation, DAYS) == undisturbed_numbers
    assert is_all_published(recent_installation)


def test_a_run_killed_at_random_moments_and_run_again_gives_what_an_undisturbed_one_gives(
    recent_installation: Installation,
    undisturbed: Installation,
    undisturbed_numbers: dict[str, list[Any]],
) -> None:
    # Moments are told by what is published: how long that takes is another matter on each machine.
    moments = range(1, published_partitions(undisturbed))
    for moment in sorted(random.Random(SEED).sample(moments, 2)):
        kill_run_once(recent_installation, partial(has_published, recent_installation, moment))
    recent_installation.run(FIRST, LAST)

    assert everything(recent_installation, DAYS) == undisturbed_numbers
    assert is_all_published(recent_installation)


def test_when_postgresql_is_killed_a_run_is_one_sentence_and_the_next_gives_the_same(
    on_mortal_server: Installation,
    mortal_server: EmbeddedPostgres,
    undisturbed_numbers: dict[str, list[Any]],
) -> None:
    # While it reads, and while it publishes what it has written back.
    for trace in ("_staging/user_engagement/*/*/*.parquet", "user_analytics/*/manifest.json"):
        with run_until(on_mortal_server, partial(has, on_mortal_server, trace)) as run:
            os.kill(postmaster(mortal_server.home), signal.SIGKILL)
            said = " ".join(run.communicate(timeout=DEADLINE_S)[0].split())
        assert run.returncode == 1, said
        assert re.search(r"error: .*[Rr]un (the day )?again$", said), said
        assert "Traceback" not in said
        mortal_server.start()
    on_mortal_server.run(FIRST, LAST)

    assert everything(on_mortal_server, DAYS) == undisturbed_numbers
    assert is_all_published(on_mortal_server)
