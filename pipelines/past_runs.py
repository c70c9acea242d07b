"""Runs that Dagster remembers: of which job and days they were, and how they ended."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES, RunRecord
from dagster._core.storage.tags import AUTO_RETRY_RUN_ID_TAG, WILL_RETRY_TAG

from assets.partitions import days_of_run
from pipelines.lost_runs import COMMAND_MAY_TAKE
from schema.errors import UsageError
from schema.windows import DayRange

# Dagster's name for what somebody materializes by hand, without a job.
BY_HAND = "__ASSET_JOB"
# A process that was killed leaves its run unfinished for ever; commands may take two days.
LONGEST_RUN = COMMAND_MAY_TAKE
# Dagster does it within seconds; what it missed then, it does not look at again.
RETRIED_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run; `days` are its partitions: days, or the first days of weeks and months."""

    run_id: str
    job: str
    status: dg.DagsterRunStatus
    days: DayRange | None
    created_at: datetime
    ended_at: datetime
    assets: frozenset[dg.AssetKey] = frozenset()
    tags: Mapping[str, str] = field(default_factory=dict)

    def will_be_retried(self, now: datetime) -> bool:
        """Whether Dagster itself starts it again, or has done so."""
        if self.tags.get(WILL_RETRY_TAG) != "true":
            return False
        return AUTO_RETRY_RUN_ID_TAG in self.tags or now - self.ended_at <= RETRIED_WITHIN


def find_runs(
    instance: dg.DagsterInstance,
    *,
    since: datetime,
    job: str | None = None,
    statuses: Sequence[dg.DagsterRunStatus] = (),
    most: int | None = None,
) -> list[PastRun]:
    """Runs that changed since then, newest first."""
    asked = dg.RunsFilter(job_name=job, statuses=list(statuses) or None, updated_after=since)
    return [_past_run(record) for record in instance.get_run_records(asked, limit=most)]


def unfinished_runs(instance: dg.DagsterInstance, now: datetime) -> list[PastRun]:
    """Runs that are queued or in progress."""
    asked = dg.RunsFilter(statuses=NOT_FINISHED_STATUSES, created_after=now - LONGEST_RUN)
    return [_past_run(record) for record in instance.get_run_records(asked)]


def first_run_at(instance: dg.DagsterInstance) -> datetime | None:
    """When the oldest run was created that is remembered: the installation is as old as that."""
    records = instance.get_run_records(limit=1, ascending=True)
    return _in_utc(records[0].create_timestamp) if records else None


def cover(runs: Iterable[PastRun], days: DayRange | None) -> bool:
    """Whether the runs together did all of the days; any run covers no days at all."""
    if days is None:
        return any(True for _ in runs)
    done = {day for run in runs if run.days for day in days if day in run.days}
    return len(done) == len(days)


def _past_run(record: RunRecord) -> PastRun:
    run = record.dagster_run
    updated_at = _in_utc(record.update_timestamp)
    return PastRun(
        run_id=run.run_id,
        job=run.job_name,
        status=run.status,
        days=_days(run.tags),
        created_at=_in_utc(record.create_timestamp),
        ended_at=datetime.fromtimestamp(record.end_time, UTC) if record.end_time else updated_at,
        assets=frozenset(run.asset_selection or ()),
        tags=run.tags,
    )


def _days(tags: Mapping[str, str]) -> DayRange | None:
    """Days of the run's tags; whoever wrote them by hand may have written anything."""
    with suppress(ValueError, UsageError):
        return days_of_run(tags)
    return None


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
