"""Runs whose process is gone: Dagster believes them at work until somebody says otherwise."""

import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.tags import MAX_RUNTIME_SECONDS_TAG

from assets.resources.clock import utc_now

# Tags of runs of commands. The UI hides those that begin like this; runs that an older version made
# have the others.
HOST, PROCESS = ".dagster/sociallive_host", ".dagster/sociallive_process"
HOST_BEFORE, PROCESS_BEFORE = "sociallive/host", "sociallive/process"
PROCESSES = Path("/proc")
# The clock may have been put right by this much since a run began.
TOLERANCE_S = 60
# A command may run a year of days: nobody but its own process, or whoever watches it, ends it.
COMMAND_MAY_TAKE = timedelta(days=2)
# The daemon gives up a start after four minutes; a worker's first words are which process it is.
START_MAY_TAKE = timedelta(minutes=5)
AT_WORK = [
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.NOT_STARTED,
]
REASON = (
    "The process of this run is gone: its machine, container or service ended while it worked. "
    "What it had published stays; the run, or what a command left missing of the last days, is "
    "started again by itself."
)


def process_tags() -> Mapping[str, str]:
    """Tags by which a run is known to be at work in this very process, for as long as it may."""
    return {
        HOST: platform.node(),
        PROCESS: str(os.getpid()),
        MAX_RUNTIME_SECONDS_TAG: str(int(COMMAND_MAY_TAKE.total_seconds())),
    }


def fail_lost_runs(instance: dg.DagsterInstance, *, processes: Path = PROCESSES) -> list[str]:
    """Fail every run whose process is gone, so that it is tried again; their ids.

    For the code server, whose children the workers are. Runs of which no process is known, and
    runs of commands on other machines, are left to the longest run time.
    """
    if not (processes / "uptime").exists():
        return []
    lost = [record for record in _at_work(instance) if not _is_alive(instance, record, processes)]
    # A process that is gone may have ended its run as it should, after the runs were listed.
    runs = (instance.get_run_by_id(record.dagster_run.run_id) for record in lost)
    failed = []
    for run in runs:
        if run and run.status in AT_WORK:
            instance.report_run_failed(run, REASON)
            failed.append(run.run_id)
    return failed


def _at_work(instance: dg.DagsterInstance) -> Iterator[dg.RunRecord]:
    """Runs that have begun or are about to, and those that a command has made and not begun yet."""
    for record in instance.get_run_records(dg.RunsFilter(statuses=AT_WORK)):
        run = record.dagster_run
        if run.status is not dg.DagsterRunStatus.NOT_STARTED or _command(run):
            yield record


def _command(run: dg.DagsterRun) -> tuple[str, int] | None:
    """Host and process of the command that made a run."""
    for host, process in ((HOST, PROCESS), (HOST_BEFORE, PROCESS_BEFORE)):
        if process in run.tags:
            return run.tags.get(host, ""), int(run.tags[process])
    return None


def _is_alive(instance: dg.DagsterInstance, record: dg.RunRecord, processes: Path) -> bool:
    run = record.dagster_run
    worker = _worker(instance, run.run_id)
    if worker is not None:
        # It may be a command's run executed again from the UI, with the tags of that command.
        return _is_as_old_as(worker[1], worker[0], processes)
    if run.status is dg.DagsterRunStatus.STARTING:
        # Its worker has not said yet which process it is; no command's run starts like this.
        return utc_now() - _starting_since(instance, run.run_id) < START_MAY_TAKE
    command = _command(run)
    if command is None or command[0] != platform.node():
        return True
    begun = record.start_time or _in_utc(record.create_timestamp).timestamp()
    return _is_as_old_as(begun, command[1], processes)


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _worker(instance: dg.DagsterInstance, run_id: str) -> tuple[int, float] | None:
    """The process that Dagster started for a run, and when."""
    for entry in reversed(instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)):
        metadata = entry.get_dagster_event().engine_event_data.metadata
        if "pid" in metadata and entry.message.startswith("Started process for run"):
            return int(str(metadata["pid"].value)), entry.timestamp
    return None


def _starting_since(instance: dg.DagsterInstance, run_id: str) -> datetime:
    *_, entry = instance.all_logs(run_id, of_type=dg.DagsterEventType.RUN_STARTING)
    return datetime.fromtimestamp(entry.timestamp, UTC)


def _is_as_old_as(moment: float, process: int, processes: Path) -> bool:
    """Whether the process is there and was already at that moment: ids are used again.

    Ages are compared, not times: what the clock showed when the machine started says little.
    """
    try:
        # The name in parentheses may hold anything; the 22nd field is the start since the boot.
        stat = (processes / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    begun = int(stat.rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    uptime = float((processes / "uptime").read_text(encoding="ascii").split()[0])
    return uptime - begun + TOLERANCE_S >= utc_now().timestamp() - moment
