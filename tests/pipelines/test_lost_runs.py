import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.events import EngineEventData

from pipelines.dagster_home import FILE, SHIPPED, open_instance
from pipelines.definitions import build_definitions
from pipelines.housekeeping import NOTHING_LOST
from pipelines.lost_runs import HOST, PROCESS, REASON, fail_lost_runs, process_tags
from pipelines.settings import REPOSITORY, read_settings

RUNNING, FAILED = dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.FAILURE
STARTING = dg.DagsterRunStatus.STARTING
WAITING = dg.DagsterRunStatus.NOT_STARTED


# A command at work: it says so, and waits for its end.
COMMAND = """
import sys
import dagster as dg
from pipelines.dagster_home import open_instance
from pipelines.lost_runs import process_tags
from pipelines.settings import read_settings

@dg.op
def work():
    print("at work", flush=True)
    sys.stdin.read()

@dg.job
def slow():
    work()

with open_instance(read_settings()) as instance:
    slow.execute_in_process(instance=instance, tags=dict(process_tags()))
"""


@dg.job
def nothing() -> None:
    """A job whose runs only say that they are at work."""


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path))
    with open_instance(read_settings()) as opened:
        yield opened


def dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def run_at_work(
    instance: dg.DagsterInstance,
    *,
    worker: int | None = None,
    tags: Mapping[str, str] | None = None,
    since: datetime | None = None,
) -> str:
    run_id = run_starting(instance, worker=worker, tags=tags)
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_START.value, nothing.name)
    begun = since.timestamp() if since else None
    instance.report_dagster_event(event, run_id, timestamp=begun)
    return run_id


def run_starting(
    instance: dg.DagsterInstance,
    *,
    worker: int | None = None,
    tags: Mapping[str, str] | None = None,
    since: datetime | None = None,
) -> str:
    run = instance.create_run_for_job(nothing, tags=tags)
    starting = dg.DagsterEvent(dg.DagsterEventType.RUN_STARTING.value, run.job_name)
    begun = since.timestamp() if since else None
    instance.report_dagster_event(starting, run.run_id, timestamp=begun)
    if worker is not None:
        message = f"Started process for run (pid: {worker})."
        instance.report_engine_event(message, run, EngineEventData.in_process(worker))
    return run.run_id


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_a_run_whose_worker_is_gone_is_failed_and_will_be_tried_again(
    instance: dg.DagsterInstance,
) -> None:
    lost = run_at_work(instance, worker=dead_process())

    assert fail_lost_runs(instance) == [lost]

    assert status(instance, lost) is FAILED
    assert REASON in [entry.message for entry in instance.all_logs(lost)]
    run = instance.get_run_by_id(lost)
    assert run is not None
    assert run.tags["dagster/will_retry"] == "true"
    assert fail_lost_runs(instance) == []


def test_a_run_that_is_at_work_is_left_alone(instance: dg.DagsterInstance) -> None:
    at_work = run_at_work(instance, worker=os.getpid())
    by_command = run_at_work(instance, tags=process_tags())

    assert fail_lost_runs(instance) == []

    assert status(instance, at_work) is status(instance, by_command) is RUNNING


def test_a_worker_that_is_gone_before_its_run_began_does_not_hold_its_place_in_the_queue(
    instance: dg.DagsterInstance,
) -> None:
    lost = run_starting(instance, worker=dead_process())
    of_a_command = {HOST: platform.node(), PROCESS: str(dead_process())}
    on_its_way = [
        run_starting(instance, worker=os.getpid()),
        run_starting(instance),
        run_starting(instance, tags=of_a_command),
    ]

    assert fail_lost_runs(instance) == [lost]

    assert status(instance, lost) is FAILED
    assert {status(instance, run) for run in on_its_way} == {STARTING}


def test_a_run_whose_worker_never_said_a_word_is_failed_once_no_start_takes_that_long(
    instance: dg.DagsterInstance,
) -> None:
    """The power was cut between the daemon's call and the worker."""
    now = datetime.now(UTC)
    lost = run_starting(instance, since=now - timedelta(minutes=6))
    slow = run_starting(instance, since=now - timedelta(minutes=4))
    at_last = run_starting(instance, worker=os.getpid(), since=now - timedelta(minutes=6))

    assert fail_lost_runs(instance) == [lost]

    assert status(instance, lost) is FAILED
    assert {status(instance, run) for run in (slow, at_last)} == {STARTING}


def test_a_run_that_ended_while_its_process_was_looked_for_is_not_failed(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = run_at_work(instance, worker=dead_process())
    listed = instance.get_run_records()
    success = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, nothing.name)
    instance.report_dagster_event(success, ending)
    monkeypatch.setattr("pipelines.lost_runs._at_work", lambda _instance: iter(listed))

    assert fail_lost_runs(instance) == []

    assert status(instance, ending) is dg.DagsterRunStatus.SUCCESS


def test_a_command_may_run_longer_than_what_the_daemon_starts() -> None:
    shipped = yaml.safe_load((SHIPPED / FILE).read_text())["run_monitoring"]["max_runtime_seconds"]

    assert int(process_tags()["dagster/max_runtime"]) == 172_800 > shipped


@pytest.mark.parametrize(("begun_s", "is_lost"), [(5_000, False), (9_990, True)])
def test_a_process_that_began_after_the_run_is_another_one(
    begun_s: int, is_lost: bool, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    run = run_at_work(instance, tags={HOST: platform.node(), PROCESS: "4711"}, since=an_hour_ago)
    process = tmp_path / "proc" / "4711"
    process.mkdir(parents=True)
    fields = " ".join(["0"] * 18)
    ticks = os.sysconf("SC_CLK_TCK") * begun_s
    (process / "stat").write_text(f"4711 (a (strange) name) S {fields} {ticks} 0\n")
    (process.parent / "uptime").write_text("10000.00 20000.00\n")

    assert (fail_lost_runs(instance, processes=process.parent) == [run]) is is_lost


@pytest.mark.parametrize(
    ("host", "process"), [(HOST, PROCESS), ("sociallive/host", "sociallive/process")]
)
def test_a_command_of_any_version_that_was_killed_here_is_failed_and_elsewhere_left_alone(
    host: str, process: str, instance: dg.DagsterInstance
) -> None:
    gone = str(dead_process())
    killed = run_at_work(instance, tags={host: platform.node(), process: gone})
    elsewhere = run_at_work(instance, tags={host: "another-machine", process: gone})

    assert fail_lost_runs(instance) == [killed]

    assert status(instance, elsewhere) is RUNNING


def test_a_command_that_was_killed_before_its_run_began_is_failed_and_one_at_work_is_not(
    instance: dg.DagsterInstance,
) -> None:
    gone = {HOST: platform.node(), PROCESS: str(dead_process())}
    killed = instance.create_run_for_job(nothing, tags=gone)
    at_work = instance.create_run_for_job(nothing, tags=process_tags())
    of_the_ui = instance.create_run_for_job(nothing)

    assert fail_lost_runs(instance) == [killed.run_id]

    assert {status(instance, run.run_id) for run in (at_work, of_the_ui)} == {WAITING}


def test_a_run_of_a_command_that_was_executed_again_is_judged_by_its_own_process(
    instance: dg.DagsterInstance,
) -> None:
    gone = {HOST: platform.node(), PROCESS: str(dead_process())}
    again = run_at_work(instance, worker=os.getpid(), tags=gone)

    assert fail_lost_runs(instance) == []

    assert status(instance, again) is RUNNING


def test_a_run_whose_process_is_killed_with_9_is_failed_at_the_sensors_next_look(
    instance: dg.DagsterInstance,
) -> None:
    sensor = build_definitions(read_settings()).resolve_sensor_def("lost_runs")
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        [run] = instance.get_runs()
        alive = sensor(dg.build_sensor_context(instance))
        process.kill()

    gone = sensor(dg.build_sensor_context(instance))

    assert (alive, gone) == (dg.SkipReason(NOTHING_LOST), dg.SkipReason(f"failed {run.run_id}"))
    assert status(instance, run.run_id) is FAILED


def test_where_processes_cannot_be_seen_nothing_is_failed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    at_work = run_at_work(instance, worker=dead_process())

    assert fail_lost_runs(instance, processes=tmp_path / "none") == []

    assert status(instance, at_work) is RUNNING


def test_a_sensor_fails_lost_runs_by_itself(instance: dg.DagsterInstance) -> None:
    lost = run_at_work(instance, worker=dead_process())
    sensor = build_definitions(read_settings()).resolve_sensor_def("lost_runs")

    said = [sensor(dg.build_sensor_context(instance)) for _ in range(2)]

    assert said == [dg.SkipReason(f"failed {lost}"), dg.SkipReason(NOTHING_LOST)]
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
