"""The sensor that asks for runs of what is missing."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import dagster as dg

from assets.partitions import HISTORY_DAYS
from assets.resources.clock import utc_now
from pipelines.jobs import DAILY_JOB
from pipelines.past_runs import BY_HAND, find_runs, first_run_at, unfinished_runs
from pipelines.repair.attempts import (
    REPAIR_SENSOR,
    Attempt,
    is_given_up,
    is_taken,
    next_attempt,
)
from pipelines.repair.owed import OwedDays, due_reports, last_day, ready_reports
from reports.creator.model import Period
from schema.windows import start_of

EVERY_SECONDS = 60
# The schedules go first: the daily run at half past midnight, reports until half past three. Not
# much later: the daily run may have left its own day to the run of a gap before it.
DAYS_AFTER, REPORTS_AFTER = timedelta(minutes=35), timedelta(hours=4)
# After a pause, schedules catch up on what they missed: what is missing is asked for when it was
# missing a moment ago, too.
A_MOMENT = timedelta(minutes=10)
NOTHING = "nothing is missing"


@dataclass(frozen=True, slots=True)
class Repairs:
    """What can be mended by itself, and the jobs that do it."""

    owed: OwedDays
    report_jobs: Mapping[Period, str]

    def missing(
        self, instance: dg.DagsterInstance, now: datetime
    ) -> dict[str, tuple[str, list[date]]]:
        """Per job: the kind of its partitions, and those that are missing."""
        days = sorted(self.owed.missing(now, after=DAYS_AFTER))
        found = {DAILY_JOB: (Period.DAY.value, days)} if days else {}
        due = due_reports(
            instance, self.owed, now, begun_at=first_run_at(instance), after=REPORTS_AFTER
        )
        reports = ready_reports(self.owed.lake, instance, due)
        found |= {
            self.report_jobs[period]: (period.value, keys) for period, keys in reports.items()
        }
        return {job: (step, keys) for job, (step, keys) in found.items() if keys}

    def attempts(
        self,
        instance: dg.DagsterInstance,
        missing: Mapping[str, tuple[str, list[date]]],
        now: datetime,
    ) -> list[Attempt]:
        """At most one run per job."""
        unfinished = unfinished_runs(instance, now)
        found = []
        for job, (step, keys) in missing.items():
            runs = find_runs(instance, since=ended_at(step, keys[0]), job=job)
            attempt = next_attempt(job, keys, runs, now)
            same = [run for run in unfinished if run.job in {job, BY_HAND}]
            history = HISTORY_DAYS if job == DAILY_JOB else 0
            if attempt and not is_taken(attempt.days, same, history=history):
                found.append(attempt)
        return found

    def given_up(
        self, instance: dg.DagsterInstance, job: str, step: str, keys: Sequence[date]
    ) -> list[date]:
        """Missing partitions that no further attempt is made at."""
        if not keys:
            return []
        runs = find_runs(instance, since=ended_at(step, keys[0]), job=job)
        return [key for key in keys if is_given_up(key, runs)]


def ended_at(step: str, key: date) -> datetime:
    """The end of a partition: no run before it counts as an attempt at it."""
    return start_of(last_day(Period(step), key) + timedelta(days=1))


def repair_sensor(
    repairs: Repairs, jobs: Sequence[Any], *, clock: Callable[[], datetime] = utc_now
) -> dg.SensorDefinition:
    """Build the sensor; it may launch these jobs."""

    @dg.sensor(
        name=REPAIR_SENSOR,
        jobs=jobs,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Runs days and reports that should be there by now and are not.",
    )
    def repair(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = clock()
        missing = repairs.missing(context.instance, now)
        cursor = write_cursor(missing, now)
        lasting = _lasting(missing, context.cursor, now)
        attempts = repairs.attempts(context.instance, lasting, now)
        if attempts:
            requests = [attempt.request() for attempt in attempts]
            return dg.SensorResult(run_requests=requests, cursor=cursor)
        return dg.SensorResult(skip_reason=dg.SkipReason(_why(missing, lasting)), cursor=cursor)

    return repair


def write_cursor(missing: Mapping[str, tuple[str, Iterable[date]]], now: datetime) -> str:
    """What was missing when."""
    keys = {job: [key.isoformat() for key in days] for job, (_step, days) in missing.items()}
    return json.dumps({"at": now.isoformat(), "missing": keys})


def _lasting(
    missing: Mapping[str, tuple[str, list[date]]], cursor: str | None, now: datetime
) -> dict[str, tuple[str, list[date]]]:
    """What was missing at the last evaluation, too, a moment ago."""
    seen: Mapping[str, list[str]] = {}
    with suppress(ValueError, KeyError, TypeError):
        noted = json.loads(cursor or "{}")
        if now - datetime.fromisoformat(noted["at"]) <= A_MOMENT:
            seen = noted["missing"]
    known = {
        job: (step, [key for key in keys if key.isoformat() in seen.get(job, [])])
        for job, (step, keys) in missing.items()
    }
    return {job: (step, keys) for job, (step, keys) in known.items() if keys}


def _why(missing: Mapping[str, object], lasting: Mapping[str, object]) -> str:
    if not missing:
        return NOTHING
    jobs = ", ".join(missing)
    if not lasting:
        return f"missing of {jobs}: asked for at the next evaluation, if it is missing still"
    return f"missing of {jobs}: a run is on its way, the next attempt is not due, or it is given up"
