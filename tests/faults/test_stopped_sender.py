"""A sender of mail that is stopped amid a mail: stands still over an erasure, dies, or is ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from subprocess import PIPE, STDOUT

import pytest

from assets.resources.postgres import Postgres
from pipelines.delivering import report_site_of
from pipelines.settings import REPOSITORY
from reports.creator.model import Period, ReportPeriod
from tests.fixtures import canary
from tests.fixtures.command import command_of
from tests.fixtures.installation import Installation
from tests.fixtures.mail_server import Answer, running_mail_server

pytestmark = pytest.mark.fault

LAST = date(2024, 3, 2)
PATIENCE_S = 300
STOPPED = "error: stopped before it was done: run it again"
# `sociallive deliver`, which stops itself amid the mail of one account: before it removes what
# another has left of it, to write it then, or before it gives what it has written its name.
STOPPING = """
import os, signal, sys
from pathlib import Path

from pipelines.cli.main import main

about, step = sys.argv[1:]
call = getattr(Path, step)


def stopping(path, *arguments, **options):
    if path.name == f"{about}.eml.part":
        os.kill(os.getpid(), signal.SIGSTOP)
    return call(path, *arguments, **options)


setattr(Path, step, stopping)
sys.argv = ["sociallive", "deliver"]
main()
"""


@pytest.fixture
def queued(recent_installation: Installation) -> Installation:
    """A platform on which the person wants a mail each day, as somebody else does."""
    installation = recent_installation.since(LAST)
    canary.settle(installation.url)
    installation.run(str(LAST))
    other = canary.facts(installation.url)["other"]
    installation.execute("DELETE FROM pipeline.report_deliveries")
    installation.execute("DELETE FROM pipeline.report_preferences")
    installation.execute(
        "INSERT INTO pipeline.report_preferences"
        " SELECT id, 'daily', now(), 'operator' FROM unnest(%s::uuid[]) AS id",
        [[canary.ID, other]],
    )
    site = report_site_of(installation.settings, Postgres(installation.url))
    assert site.queue(ReportPeriod(Period.DAY, LAST), [canary.ID, other])["queued"] == 2
    return installation


def start(queued: Installation, *command: str, **environment: str) -> "subprocess.Popen[bytes]":
    """Python on that platform, in a process of its own."""
    settings = queued.settings
    variables = {
        **os.environ,
        "SOCIALLIVE_HOME": str(settings.home),
        "SOCIALLIVE_DATABASE_URL": queued.url,
        "SOCIALLIVE_FIRST_DAY": str(settings.first_day),
        **environment,
    }
    return subprocess.Popen(
        [sys.executable, *command], cwd=REPOSITORY, env=variables, stdout=PIPE, stderr=STDOUT
    )


@pytest.fixture
def stopped(
    queued: Installation, request: pytest.FixtureRequest
) -> Iterator[subprocess.Popen[bytes]]:
    """That sender, standing still before the step."""
    with start(queued, "-c", STOPPING, str(canary.ID), request.param) as sender:
        _, status = os.waitpid(sender.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        yield sender
        sender.kill()


@pytest.mark.parametrize("stopped", ["replace"], indirect=True)
@pytest.mark.parametrize("ending", [signal.SIGCONT, signal.SIGKILL])
def test_a_sender_that_stands_still_keeps_an_erasure_out_and_what_it_wrote_goes_with_the_next(
    queued: Installation, stopped: subprocess.Popen[bytes], ending: signal.Signals
) -> None:
    sociallive = command_of(queued)

    code, said = sociallive("erase", canary.USERNAME, "--yes", "--no-run")

    assert (code, said.count("reports are being written")) == (1, 1), said
    assert queued.rows("SELECT FROM users WHERE id = %s", [canary.ID])
    stopped.send_signal(ending)
    assert stopped.wait(60) == (0 if ending is signal.SIGCONT else -ending)
    assert any(str(canary.ID) in path.name for path in queued.settings.outbox.rglob("*.eml*"))

    code, said = sociallive("erase", canary.USERNAME, "--yes", "--no-run")

    assert code == 0, said
    assert canary.traces(queued.url, queued.settings.home) == []


@pytest.mark.parametrize("stopped", ["unlink", "replace"], indirect=True)
def test_a_sender_that_lost_its_sessions_takes_back_what_it_writes_after_an_erasure(
    queued: Installation, stopped: subprocess.Popen[bytes]
) -> None:
    sociallive = command_of(queued)
    queued.rows(
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert sociallive("erase", canary.USERNAME, "--yes", "--no-run")[0] == 0
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(60) == 1
    assert canary.traces(queued.url, queued.settings.home) == []


def test_what_a_sender_that_was_killed_has_left_behind_an_erasure_goes_with_erase_again(
    queued: Installation,
) -> None:
    sociallive = command_of(queued)
    assert sociallive("erase", canary.USERNAME, "--yes", "--no-run")[0] == 0
    late = queued.settings.outbox / f"day-{LAST}" / f"{canary.ID}.eml"
    late.parent.mkdir(parents=True, exist_ok=True)
    late.write_text("a report")

    code, said = sociallive("erase", "--again", "--no-run")

    assert code == 0, said
    assert not late.exists()


def test_a_sender_that_is_asked_to_end_amid_a_mail_finishes_it_and_the_next_run_sends_the_rest(
    queued: Installation,
) -> None:
    with running_mail_server() as server:
        [(one,), (two,)] = queued.rows(
            "UPDATE users SET email = id || '@example.org', email_verified_at = now() FROM"
            " pipeline.report_deliveries WHERE user_id = id RETURNING email"
        )
        server.plans |= {to: [Answer.ACCEPT_AND_BLOCK] for to in (one, two)}
        mailing = {"SOCIALLIVE_SMTP_URL": server.url, "SOCIALLIVE_MAIL_FROM": "a@example.org"}
        deliver = ("-m", "pipelines.cli", "deliver")
        with start(queued, *deliver, **mailing) as sender:
            assert server.is_taken.wait(PATIENCE_S)
            sender.terminate()
            server.may_answer.set()
            said = sender.communicate(timeout=PATIENCE_S)[0].decode()

        assert (sender.returncode, said.strip()) == (1, STOPPED)
        with start(queued, *deliver, **mailing) as sender:
            assert sender.wait(PATIENCE_S) == 0
    states = queued.rows("SELECT state FROM pipeline.report_deliveries")
    assert states == [("sent",), ("sent",)]
    assert sorted(to for to, _ in server.accepted) == sorted([one, two])
