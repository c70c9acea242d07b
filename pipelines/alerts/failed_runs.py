"""Runs that failed, and that nothing has mended since."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, ROOT_RUN_ID_TAG

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.failures import Failure, failure_of
from pipelines.jobs import DAILY_JOB
from pipelines.past_runs import BY_HAND, PastRun, cover, find_runs
from schema.errors import UnknownPartitionError

WATCHED = timedelta(days=14)
# Whoever materialized something by hand has seen it fail.
BY_HAND_WATCHED = timedelta(days=2)
# More failures than anybody would read of.
MOST_RUNS = 1_000
# Of days that do not exist nothing is missing, and no later run could do them.
NEVER_LASTING = UnknownPartitionError.__name__
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
FAILED = [dg.DagsterRunStatus.FAILURE]
SUCCEEDED = [dg.DagsterRunStatus.SUCCESS]
# A check that stops a run says why; its step says only that a check did.
FAILURE_EVENTS = {
    dg.DagsterEventType.STEP_FAILURE,
    dg.DagsterEventType.RUN_FAILURE,
    dg.DagsterEventType.ASSET_CHECK_EVALUATION,
}


def find_failed_runs(
    instance: dg.DagsterInstance, *, news_since: datetime, now: datetime
) -> Iterator[Problem]:
    """One problem per job, step and class of error.

    A failure is over once later runs of its job have done all of its days, and at once where such
    days do not exist. What failed after `news_since` is told although it is over already.
    """
    since = now - WATCHED
    failed = find_runs(instance, since=since, statuses=FAILED, most=MOST_RUNS)
    if not failed:
        return
    done = find_runs(instance, since=since, statuses=SUCCEEDED)
    keys = set()
    for run in _newest_of_its_days(_watched(failed, now)):
        is_news = run.ended_at > news_since
        if not is_news and cover(_after(instance, run, done), run.days):
            continue
        failure = _failure(instance, run)
        if not is_news and failure.reason == NEVER_LASTING:
            continue
        problem = _problem(run, failure)
        if problem.key not in keys:
            keys.add(problem.key)
            yield problem


def _watched(runs: Iterable[PastRun], now: datetime) -> Iterator[PastRun]:
    for run in runs:
        watched = BY_HAND_WATCHED if run.job == BY_HAND else WATCHED
        if now - run.ended_at <= watched and not run.will_be_retried(now):
            yield run


def _newest_of_its_days(runs: Iterable[PastRun]) -> Iterator[PastRun]:
    seen: set[object] = set()
    for run in sorted(runs, key=lambda run: run.ended_at, reverse=True):
        same = (run.job, run.days, run.assets)
        if same not in seen:
            seen.add(same)
            yield run


def _after(instance: dg.DagsterInstance, failed: PastRun, done: Iterable[PastRun]) -> list[PastRun]:
    """Successful runs that may have mended a failed one."""
    later = [run for run in done if run.ended_at > failed.ended_at]
    if failed.job == BY_HAND:
        return [run for run in later if _mends_by_hand(run, failed)]
    same = [run for run in later if run.job == failed.job]
    # A run of the whole job selects nothing, or everything.
    if not any(run.assets for run in same):
        return same
    assets = failed.assets or _planned(instance, failed)
    return [run for run in same if not run.assets or run.assets >= assets or _retries(run, failed)]


def _planned(instance: dg.DagsterInstance, run: PastRun) -> frozenset[dg.AssetKey]:
    """Assets that a run was to make."""
    entries = instance.all_logs(run.run_id, of_type=PLANNED)
    events = (entry.get_dagster_event() for entry in entries)
    return frozenset(event.asset_key for event in events if event.asset_key)


def _retries(run: PastRun, failed: PastRun) -> bool:
    """Whether somebody had Dagster go on from where the run failed."""
    return failed.run_id in {run.tags.get(PARENT_RUN_ID_TAG), run.tags.get(ROOT_RUN_ID_TAG)}


def _mends_by_hand(run: PastRun, failed: PastRun) -> bool:
    if run.job == DAILY_JOB:
        return failed.days is not None
    return run.job == BY_HAND and run.assets >= failed.assets


def _failure(instance: dg.DagsterInstance, run: PastRun) -> Failure:
    entries = instance.all_logs(run.run_id, of_type=FAILURE_EVENTS)
    return failure_of((entry.get_dagster_event() for entry in entries), run.run_id)


def _problem(run: PastRun, failure: Failure) -> Problem:
    return Problem(
        key=f"{Kind.RUN_FAILED} {run.job} {failure.step} {failure.reason}",
        kind=Kind.RUN_FAILED,
        severity=Severity.ERROR,
        subject=_subject(run, failure.step),
        sentence=failure.sentence,
        path=f"/runs/{run.run_id}",
    )


def _subject(run: PastRun, step: str) -> str:
    job = "a run started by hand" if run.job == BY_HAND else run.job
    days = f" of {run.days}" if run.days else ""
    return f"{job}{days} failed" + (f" in {step}" if step else "")
