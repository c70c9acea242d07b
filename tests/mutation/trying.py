"""Tries mutants: each in a process of its own that runs the tests which ought to notice it.

The process is a fork of one that has the libraries loaded already, which takes longer than most
tests do; our own packages it loads itself, from a copy of the working tree.
"""

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutation.mutants import Mutant

ROOT = Path(__file__).parents[2]
GIT = shutil.which("git") or "git"
# Modules that are loaded anew for each mutant.
OURS = ("schema", "assets", "reports", "pipelines", "tests", "benchmarks")
# An endless loop uses up its processor time, however busy the machine is; a wait for ever does not.
PROCESSOR_TIMES, PROCESSOR_S_MORE = 3, 10
WAITS_S = 900
POLL_S = 0.05
SAID = "said.txt"
# Libraries that are loaded before pytest wants to rewrite their assertions are no news.
OPTIONS = (
    *("-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)
PASSED = 0


class WithoutShrinking:
    """A mutant is found or it is not: nobody reads its smallest example."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Change what tests/conftest.py has set."""
        found = (Phase.explicit, Phase.generate)
        # Whether examples come fast is the machine's doing, not the mutant's.
        slow = (HealthCheck.too_slow,)
        settings.register_profile(
            "mutation", deadline=None, phases=found, database=None, suppress_health_check=slow
        )
        settings.load_profile("mutation")


@dataclass(frozen=True, slots=True)
class Trial:
    """How the tests of a module ended with one text of it: `mutant` is None for its own."""

    module: str
    mutant: Mutant | None
    exit_code: int
    processor_s: float
    said: str

    @property
    def survived(self) -> bool:
        """Whether every test passed."""
        return self.exit_code == PASSED

    @property
    def found_by(self) -> str:
        """The test that failed; where none came so far, how the process ended."""
        failed = [line for line in self.said.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return failed[0] if failed else f"ended with {self.exit_code}"


@dataclass(frozen=True, slots=True)
class Job:
    """A text of a module, the tests to run on it, and the processor time they may take."""

    module: str
    mutant: Mutant | None
    tests: Sequence[str]
    limit_s: int


def load_libraries() -> None:
    """Load what fixtures need, and forget what is ours; loading starts no thread of theirs."""
    for name in import_module("tests.conftest").pytest_plugins:
        import_module(name)
    forget_our_packages()


def copy_tree(folder: Path) -> Path:
    """The working tree without what git ignores, as a copy to make mistakes in."""
    listed = subprocess.run(
        [GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder


def try_out(job: Job, tree: Path) -> Trial:
    """Run the tests of a job in a new process, wait for it and leave the tree as it was."""
    process = start(job, tree)
    since = time.monotonic()
    try:
        while True:
            found, status, usage = os.wait4(process, os.WNOHANG)
            if found:
                break
            if time.monotonic() - since > WAITS_S:
                os.killpg(process, signal.SIGKILL)
            time.sleep(POLL_S)
    except BaseException:
        os.killpg(process, signal.SIGKILL)
        raise
    shutil.copy2(ROOT / job.module, tree / job.module)
    code = os.waitstatus_to_exitcode(status)
    said = (tree / SAID).read_text(encoding="utf-8", errors="replace")
    return Trial(job.module, job.mutant, code, usage.ru_utime + usage.ru_stime, said)


def start(job: Job, tree: Path) -> int:
    """Put the text in its place and run the tests on it in a new process."""
    if job.mutant is not None:
        (tree / job.module).write_text(job.mutant.text, encoding="utf-8")
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        run_tests(job, tree)
    return process


def run_tests(job: Job, tree: Path) -> None:
    """In the new process: run the tests and end."""
    exit_code = 1
    try:
        os.setsid()
        os.chdir(tree)
        resource.setrlimit(resource.RLIMIT_CPU, (job.limit_s, job.limit_s))
        said = os.open(tree / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for stream in (1, 2):
            os.dup2(said, stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        forget_our_packages()
        sys.path[:] = [str(tree), *(path for path in sys.path if path not in {"", str(ROOT)})]
        # The bytecode of the module itself would be believed when its mutant is as long and as old.
        sys.dont_write_bytecode = job.mutant is not None
        exit_code = int(pytest.main([*OPTIONS, *job.tests], plugins=[WithoutShrinking()]))
        sys.stdout.flush()
    except BaseException:  # the new process must not go on as its parent
        traceback.print_exc()
        raise
    finally:
        os._exit(exit_code)


def forget_our_packages() -> None:
    """Let the next import of what is ours read it again."""
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]


def limit_of(own: Trial) -> int:
    """Processor time that a mutant may take, by what the module itself took."""
    return int(own.processor_s * PROCESSOR_TIMES) + PROCESSOR_S_MORE
