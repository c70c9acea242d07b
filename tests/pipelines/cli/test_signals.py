import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from pipelines.settings import REPOSITORY
from tests.fixtures.command import command_on
from tests.fixtures.intake import RunScript

pytestmark = pytest.mark.fault

PATIENCE_S = 120
STOPPED = "error: stopped before it was done: run it again"
# A query that would take for ever, behind the command line. Of several threads, DuckDB waits for
# those that are amid a piece of it, and one might never end.
ENDLESS = """
import duckdb, sys
from pipelines.cli.main import app, main

@app.command()
def endless():
    print("begun", flush=True)
    alone = duckdb.connect(config={"threads": 1})
    alone.execute("SELECT sum(range % 7) FROM range(9000000000000)")

sys.argv = ["sociallive", "endless"]
main()
"""
# Python only prints what is raised while an object is forgotten.
FORGETFUL = """
import signal, time
from pipelines.cli.signals import EndedError, ended_by_signals

class Forgotten:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)

with ended_by_signals():
    try:
        Forgotten()
        time.sleep(60)
        print("nobody heard")
    except EndedError:
        print("heard")
"""
FINISHING = """
import signal
from pipelines.cli.signals import EndedError, ended_by_signals, finished_first

with ended_by_signals():
    try:
        with finished_first():
            for ends in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
                signal.raise_signal(ends)
            print("finished")
        print("went on")
    except EndedError:
        print("ended")
"""
# Python waits for threads, then calls what modules have asked for, and forgets objects last of all.
LEAVING = """
import atexit, os, signal, sys, threading
from pipelines.cli.main import app, main

def end(kill=os.kill, here=os.getpid(), ends=signal.Signals[sys.argv[1]]):
    kill(here, ends)

class Forgotten:
    def __del__(self, end=end):
        end()

forgotten = Forgotten()

def end_once_main_is_done():
    threading.main_thread().join()
    end()

@app.command()
def work():
    threading.Thread(target=end_once_main_is_done).start()
    atexit.register(end)
    print("done", flush=True)

sys.argv = ["sociallive", "work"]
main()
"""
# Of threads, Python waits for those that hear nothing.
DEAF = """
import os, signal, sys, threading, time
from pipelines.cli.main import app, main

def hear_nothing(again=signal.Signals[sys.argv[1]]):
    threading.main_thread().join()
    os.kill(os.getpid(), again)
    time.sleep(60)

@app.command()
def work():
    threading.Thread(target=hear_nothing).start()
    signal.raise_signal(signal.SIGTERM)

sys.argv = ["sociallive", "work"]
main()
"""
AMID_TEXT = """
import signal, sys
from pipelines.cli.main import app, main

@app.command()
def work():
    exec("signal.raise_signal(signal.SIGINT)")

sys.argv = ["sociallive", "work"]
main()
"""
PROMPT = """
import os, signal, sys, threading
from pipelines.cli import prompt
from pipelines.cli.signals import EndedError, ended_by_signals

reading, writing = os.pipe()
sys.stdin = os.fdopen(reading)
asked, here = prompt._asked(), threading.main_thread().ident
with ended_by_signals():
    threading.Timer(0.2, signal.pthread_kill, [here, signal.SIGINT]).start()
    threading.Timer(0.6, os.write, [writing, b".stayed\\n"]).start()
    print(next(asked)[1:])
    threading.Timer(0.2, signal.pthread_kill, [here, signal.SIGTERM]).start()
    try:
        next(asked)
    except EndedError:
        print("ended")
"""
DUMPING = (
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'"
)


@pytest.fixture(autouse=True)
def closed_terminals_are_heard() -> Iterator[None]:
    """Also where the tests run under `nohup`: what they start would ignore SIGHUP then."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@contextmanager
def behind_an_ampersand(
    *command: str, **environment: str
) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Start Python as a script does with `&`: its process id, and the script that waits for it."""
    with subprocess.Popen(
        ["/bin/sh", "-c", '"$@" & echo $!; wait $!', "sh", sys.executable, *command],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as script:
        assert script.stdout is not None
        pid = int(script.stdout.readline())
        try:
            yield pid, script
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    ends_at = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@pytest.mark.parametrize("ends", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_backup_behind_an_ampersand_tidies_up_when_it_is_ended_and_the_next_one_works(
    database: str, tmp_path: Path, ends: signal.Signals
) -> None:
    environment = {"SOCIALLIVE_HOME": str(tmp_path), "SOCIALLIVE_DATABASE_URL": database}
    with (
        psycopg.connect(database) as blocker,
        psycopg.connect(database, autocommit=True) as onlooker,
    ):

        def dumping() -> bool:
            return bool(onlooker.execute(DUMPING).fetchone())

        blocker.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        backup = ("-m", "pipelines.cli", "backup", "--dump-only")
        with behind_an_ampersand(*backup, **environment) as (pid, script):
            until(dumping)
            os.kill(pid, ends)
            said = script.communicate(timeout=PATIENCE_S)[0]

    assert (script.returncode, said.strip()) == (1, STOPPED)
    assert list((tmp_path / "backups" / "dumps").iterdir()) == []
    code, said = command_on(tmp_path, SOCIALLIVE_DATABASE_URL=database)(*backup[2:])
    assert code == 0, said


def test_a_query_that_is_ended_says_so_and_not_what_duckdb_makes_of_it() -> None:
    with behind_an_ampersand("-c", ENDLESS) as (pid, script):
        assert script.stdout is not None
        assert script.stdout.readline() == "begun\n"
        os.kill(pid, signal.SIGTERM)
        said = script.communicate(timeout=PATIENCE_S)[0]

    assert (script.returncode, said.strip()) == (1, STOPPED)


def test_a_signal_that_comes_while_an_object_is_forgotten_is_heard(run_script: RunScript) -> None:
    done = run_script(FORGETFUL)

    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_a_step_that_cannot_be_taken_back_is_finished_before_the_command_ends(
    run_script: RunScript,
) -> None:
    done = run_script(FINISHING)

    assert (done.stdout, done.stderr) == ("finished\nended\n", "")


@pytest.mark.parametrize("ends", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_that_comes_when_all_is_done_changes_nothing_of_how_the_command_ended(
    run_script: RunScript, ends: str
) -> None:
    done = run_script(LEAVING, ends)

    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("again", ["SIGTERM", "SIGINT"])
def test_whoever_asks_again_after_an_interruption_waits_for_no_thread(
    run_script: RunScript, again: str
) -> None:
    done = run_script(DEAF, again)

    assert (done.returncode, done.stderr.strip()) == (-signal.Signals[again], STOPPED)


def test_ctrl_c_that_comes_amid_text_that_is_executed_ends_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "amid_text.py").write_text(AMID_TEXT)

    done = subprocess.run(
        [sys.executable, "-m", "amid_text"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.strip()) == (1, STOPPED)


def test_the_prompt_stays_on_ctrl_c_and_ends_on_every_other_signal(run_script: RunScript) -> None:
    done = run_script(PROMPT)

    assert (done.stdout, done.stderr) == ("\nstayed\nended\n", "")
