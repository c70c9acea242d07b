"""Runs whose process is gone: Dagster believes them at work until somebody says otherwise."""

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg

HOST, PROCESS = "sociallive/host", "sociallive/process"
PROCESSES = Path("/proc")
# Clocks of the machine and of Dagster's storage may differ by this much.
TOLERANCE_S = 60
REASON = (
    "The process of this run is gone: its machine, container or service ended while it worked. "
    "What it had published stays; the run is started again by itself."
)


def process_tags() -> Mapping[str, str]:
    """Tags by which a run is known to be at work in this very process."""
    return {HOST: platform.node(), PROCESS: str(os.getpid())}


def fail_lost_runs(instance: dg.DagsterInstance, *, processes: Path = PROCESSES) -> list[str]:
    """Fail every run whose process is gone, so that it is tried again; their ids.

    For the code server, whose children the workers are. Runs of which no process is known, and
    runs of commands on other machines, are left to the longest run time.
    """
    if not (processes / "stat").exists():
        return []
    boot = _boot_time(processes)
    lost = [
        record.dagster_run
        for record in _at_work(instance)
        if not _is_alive(instance, record, processes, boot)
    ]
    for run in lost:
        instance.report_run_failed(run, REASON)
    return [run.run_id for run in lost]


def _at_work(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    yield from instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))


def _is_alive(
    instance: dg.DagsterInstance, record: dg.RunRecord, processes: Path, boot: float
) -> bool:
    run = record.dagster_run
    if PROCESS in run.tags:
        elsewhere = run.tags.get(HOST) != platform.node()
        process, begun = int(run.tags[PROCESS]), record.start_time or 0
        return elsewhere or _ran_at(processes / str(process), begun, boot)
    worker = _worker(instance, run.run_id)
    return worker is None or _ran_at(processes / str(worker[0]), worker[1], boot)


def _worker(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process that Dagster started for a run, and when."""
    for entry in reversed(instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)):
        metadata = entry.get_dagster_event().engine_event_data.metadata
        if "pid" in metadata and entry.message.startswith("Started process for run"):
            return int(str(metadata["pid"].value)), entry.timestamp
    return None


def _ran_at(process: Path, moment: float, boot: float) -> bool:
    """Whether the process is there and was already then: ids are used again."""
    try:
        # The name in parentheses may hold anything; the 22nd field is the start since the boot.
        fields = (process / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    except OSError:
        return False
    ticks = int(fields.split()[19])
    return boot + ticks / os.sysconf("SC_CLK_TCK") <= moment + TOLERANCE_S


def _boot_time(processes: Path) -> float:
    lines = (processes / "stat").read_text(encoding="ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
