"""Commands that are asked to end at a random moment, tidy up, and give the same when run again.

The moments differ from run to run, as what they find does: so it is no test of every change.
"""

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from subprocess import PIPE
from typing import Any, TypeAlias

import polars as pl
import pytest

from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres
from pipelines.delivering import report_site_of
from pipelines.settings import REPOSITORY
from reports.creator.model import Period, ReportPeriod
from tests.fixtures import canary
from tests.fixtures.cold import ColdPlatform
from tests.fixtures.command import command_of
from tests.fixtures.installation import Copy, Installation, copy_installation
from tests.fixtures.intake import Source
from tests.fixtures.mail_server import running_mail_server

pytestmark = [pytest.mark.fault, pytest.mark.usefixtures("closed_terminals_are_heard")]

SEED = int(os.environ.get("SEED", "1"))
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
TRIALS = 8
STOPPED = "error: stopped before it was done: run it again"
PATIENCE_S = 300
DAY = date(2024, 3, 2)
MONTHS = [date(2023, month, 1) for month in range(7, 13)]
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
Words: TypeAlias = Callable[[Installation], tuple[str, ...]]
Result: TypeAlias = Callable[[Installation], Any]


@pytest.fixture
def closed_terminals_are_heard() -> Iterator[None]:
    """Also where the tests run under `nohup`: what they start would ignore SIGHUP then."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    ends_at = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.02)


def start(on: Installation, *words: str, **environment: str) -> "subprocess.Popen[str]":
    """The command, once it has something to do with the database, or has ended."""
    variables = {
        "SOCIALLIVE_HOME": str(on.settings.home),
        "SOCIALLIVE_DATABASE_URL": on.url,
        "SOCIALLIVE_FIRST_DAY": str(on.settings.first_day),
    }
    command = subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", *words],
        cwd=REPOSITORY,
        env={**os.environ, **variables, **environment},
        stdin=subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
    )
    until(lambda: bool(on.rows(f"SELECT {OTHERS}")) or command.poll() is not None)
    return command


def finish(command: "subprocess.Popen[str]") -> None:
    said = command.communicate(timeout=PATIENCE_S)
    assert command.returncode == 0, said


def left_of(on: Installation) -> list[str]:
    """What a command that has ended ought to have tidied up: files, sessions, open partitions."""
    home = on.settings.home
    staged = [*home.rglob("_staging/**/*.parquet"), *home.rglob("*.part"), *home.rglob("*.new")]
    open_rows = "SELECT table_name FROM pipeline.partition_ledger WHERE state = 'writing'"
    until(lambda: not on.rows(f"SELECT {OTHERS}"))
    return [*map(str, staged), *(str(table) for (table,) in on.rows(open_rows))]


def try_out(
    original: Installation, copies: Copy, words: Words, result: Result, **environment: str
) -> None:
    """End the command on copies of an installation, look what is left, and run it again."""
    whole = copy_installation(original, copies)
    with start(whole, *words(whole), **environment) as command:
        began = time.monotonic()
        finish(command)
    span = time.monotonic() - began
    expected = result(whole)
    moments = random.Random(SEED)
    for ends in SIGNALS * TRIALS:
        trial = copy_installation(original, copies)
        with start(trial, *words(trial), **environment) as command:
            time.sleep(moments.uniform(0, span))
            command.send_signal(ends)
            said = command.communicate(timeout=PATIENCE_S)
        # Near the end it may have been done before it heard.
        assert (command.returncode, said[1].strip()) in {(1, STOPPED), (0, "")}, said
        assert left_of(trial) == []
        with start(trial, *words(trial), **environment) as command:
            finish(command)
        assert left_of(trial) == []
        assert result(trial) == expected


def token_of(on: Installation) -> tuple[str, ...]:
    """The command that drops what can be dropped now, or says that there is nothing."""
    dry = ("archive", "--drop-cold", "--dry-run")
    code, said = command_of(on)(*dry)
    assert code == 0, said
    token = re.search(r"--token ([0-9a-f]{16})", said)
    return ("archive", "--drop-cold", "--token", token[1]) if token else dry


def engagement(on: Installation) -> tuple[object, ...]:
    """Events of PostgreSQL and of the cold store, and what the books say of dropped months."""
    store = ColdStore(on.settings.cold)
    copies = filter(None, map(store.manifest, MONTHS))
    cold = [path for copy in copies for path in store.paths(copy)]
    return (
        on.rows("SELECT id FROM user_engagement_all ORDER BY id"),
        pl.concat(map(pl.read_parquet, cold)).select("id").sort("id").to_series().to_list(),
        on.rows("SELECT month, row_count, manifest_sha256 FROM pipeline.cold_months ORDER BY 1"),
    )


def test_months_that_leave_postgresql_are_dropped_whole_or_not_and_the_next_run_drops_the_rest(
    installation: Installation, source: Source, postgres: Postgres, copies: Copy
) -> None:
    cold = ColdPlatform(source, postgres, ColdStore(installation.settings.cold))
    for month in MONTHS:
        source.add("posts", f"{month}", user_id="author")
        source.execute("SELECT pipeline.make_engagement_month(%s, 1000)", month)
        source.add("user_engagement", f"{month}", post_id=f"{month}", created_at=month)
        cold.archive(month)
    cold.copy()
    source.connection.close()

    try_out(installation, copies, token_of, engagement)


@pytest.fixture
def settled(recent_installation: Installation) -> Installation:
    """A platform of which one day was run, with the person on it."""
    installation = recent_installation.since(DAY)
    canary.settle(installation.url)
    installation.run(str(DAY))
    return installation


def test_an_erasure_that_is_ended_leaves_nothing_of_the_person_once_it_was_run_again(
    settled: Installation, copies: Copy
) -> None:
    def numbers(on: Installation) -> tuple[object, ...]:
        left = canary.traces(on.url, on.settings.home)
        return left, on.user_analytics(), on.system_metrics(), on.scores()

    try_out(settled, copies, lambda _: ("erase", canary.USERNAME, "--yes"), numbers)


def test_mail_that_is_ended_at_any_moment_reaches_everybody_once(
    settled: Installation, copies: Copy
) -> None:
    settled.execute("DELETE FROM pipeline.report_deliveries")
    settled.execute("DELETE FROM pipeline.report_preferences")
    settled.execute("UPDATE users SET email = id || '@example.org', email_verified_at = now()")
    everybody = [user for (user,) in settled.rows("SELECT id FROM users ORDER BY id LIMIT 30")]
    settled.execute(
        "INSERT INTO pipeline.report_preferences"
        " SELECT id, 'daily', now(), 'operator' FROM unnest(%s::uuid[]) AS id",
        [everybody],
    )
    site = report_site_of(settled.settings, Postgres(settled.url))
    site.queue(ReportPeriod(Period.DAY, DAY), everybody)
    with running_mail_server() as server:

        def received(on: Installation) -> tuple[object, ...]:
            to = sorted(to for to, _ in server.accepted)
            server.accepted.clear()
            states = "SELECT state, count(*) FROM pipeline.report_deliveries GROUP BY 1"
            return to, on.rows(states)

        mailing = {"SOCIALLIVE_SMTP_URL": server.url, "SOCIALLIVE_MAIL_FROM": "a@example.org"}
        try_out(settled, copies, lambda _: ("deliver",), received, **mailing)
