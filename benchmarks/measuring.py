"""Let candidates take turns, each in a process of its own, and print what each of them took.

Candidates are functions of a benchmark's module, listed in its `CANDIDATES`: they do the work that
is asked about with what the benchmark prepared, and return the rows they did it for.
"""

import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

Candidate: TypeAlias = Callable[[str], int]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one turn of a candidate took; `server_seconds` is CPU of the PostgreSQL it worked on."""

    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: int
    server_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Medians over the rounds, and the highest peak."""

    rows: int
    seconds: float
    cpu_seconds: float
    peak_mb: int
    server_seconds: float


def take_turns(
    module: str, candidates: Sequence[str], prepared: str, *, rounds: int, server: int | None = None
) -> dict[str, Summary]:
    """Run every candidate once per round.

    `prepared` is what candidates are given: a folder, a URL. `server` is the process of a
    PostgreSQL whose CPU time is told, too.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name in candidates:
            before = server_cpu(server)
            cost = _apart(module, name, prepared)
            spent = server_cpu(server) - before
            costs[name].append(Cost(**{**asdict(cost), "server_seconds": spent}))
    return {name: summarize(turns) for name, turns in costs.items()}


def summarize(turns: Sequence[Cost]) -> Summary:
    """The turn in the middle, figure by figure."""
    return Summary(
        rows=turns[0].rows,
        seconds=statistics.median(turn.seconds for turn in turns),
        cpu_seconds=statistics.median(turn.cpu_seconds for turn in turns),
        peak_mb=max(turn.peak_mb for turn in turns),
        server_seconds=statistics.median(turn.server_seconds for turn in turns),
    )


def show(title: str, summaries: dict[str, Summary], *, beside: str) -> None:
    """Print a table; `beside` is the candidate whose time the ratios are to."""
    print(f"\n### {title}\n")
    print("| candidate | seconds | rows/s | CPU s | server CPU s | peak MB | times ours |")
    print("|---" + "|---:" * 6 + "|")
    for name, cost in summaries.items():
        ratio = cost.seconds / summaries[beside].seconds
        print(
            f"| {name} | {cost.seconds:.2f} | {cost.rows / cost.seconds:,.0f} "
            f"| {cost.cpu_seconds:.2f} | {cost.server_seconds:.2f} | {cost.peak_mb:,} "
            f"| {ratio:.2f} |"
        )


def peak_megabytes() -> int:
    """Peak of this process, or of a command it waited for where that was higher.

    Its own `ru_maxrss` would begin at that of the process it was forked from.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    of_commands = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(int(peak.split()[1]), of_commands) // 1024


def cpu_seconds() -> float:
    """CPU time of this process and of the commands it waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def server_cpu(postmaster: int | None) -> float:
    """CPU seconds of a PostgreSQL: of what runs, and of every session that has ended."""
    if postmaster is None:
        return 0.0
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii")
    living = sum(sum(_ticks(int(child))[:2]) for child in children.split())
    return (living + sum(_ticks(postmaster))) / TICKS


def _ticks(process: int) -> tuple[int, ...]:
    """User and system time, and those of the children that were waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return (0, 0, 0, 0)
    fields = stat.rpartition(")")[2].split()
    return tuple(map(int, fields[11:15]))


def _apart(module: str, candidate: str, prepared: str) -> Cost:
    command = [sys.executable, "-m", "benchmarks.measuring", module, candidate, prepared]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{candidate} failed:\n{done.stderr}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _measure(module: str, candidate: str, prepared: str) -> None:
    """One turn in this process; what the candidate imports is not counted."""
    work: Candidate = importlib.import_module(module).CANDIDATES[candidate]
    began, cpu_began = time.perf_counter(), cpu_seconds()
    rows = work(prepared)
    cost = Cost(rows, time.perf_counter() - began, cpu_seconds() - cpu_began, peak_megabytes())
    print("\n" + json.dumps(asdict(cost)))


if __name__ == "__main__":
    _measure(*sys.argv[1:])
