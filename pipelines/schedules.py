"""Schedules: when it runs by itself."""

from collections.abc import Callable
from datetime import date, timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from reports.creator.model import Period

# After midnight UTC, late enough for the transactions of the evening to have ended.
DAILY_AT = "30 0 * * *"


def daily_schedule(
    job: UnresolvedAssetJobDefinition, *, is_first_missing: Callable[[date], bool]
) -> dg.ScheduleDefinition:
    """Run the day that has just ended, every night.

    `is_first_missing`: whether every recent day before it is published. A day reads those before
    it, and runs of both at once would be in each other's way: the repair sensor runs a gap as one.
    """

    @dg.schedule(
        name="daily",
        job=job,
        cron_schedule=DAILY_AT,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The day that has just ended, at 00:30 UTC.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        ended = context.scheduled_execution_time.date() - timedelta(days=1)
        if not is_first_missing(ended):
            return dg.SkipReason(f"days before {ended} are missing: run together with them")
        return dg.RunRequest(run_key=ended.isoformat(), partition_key=ended.isoformat())

    return daily


def timed_schedule(
    job: UnresolvedAssetJobDefinition | dg.JobDefinition,
    *,
    at: str,
    why_not: Callable[[], str | None] | None = None,
) -> dg.ScheduleDefinition:
    """Run a job at its time, UTC; `why_not`: why it has nothing to do then, if so."""

    @dg.schedule(
        name=job.name,
        job=job,
        cron_schedule=at,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=job.description,
    )
    def run_or_skip(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        reason = why_not() if why_not else None
        return dg.SkipReason(reason) if reason else dg.RunRequest()

    return run_or_skip


def period_schedule(
    job: UnresolvedAssetJobDefinition,
    period: Period,
    *,
    at: str,
    why_not: Callable[[dg.DagsterInstance, Period, date], str | None],
) -> dg.ScheduleDefinition:
    """Run the day, week or month that has just ended, at its time, UTC.

    `why_not`: why a partition cannot be run yet, if so; the repair sensor runs it once it can.
    """

    @dg.schedule(
        name=job.name,
        job=job,
        cron_schedule=at,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=job.description,
    )
    def of_period(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        key = period_key(period, context.scheduled_execution_time.date() - timedelta(days=1))
        reason = why_not(context.instance, period, date.fromisoformat(key))
        if reason:
            return dg.SkipReason(reason)
        return dg.RunRequest(run_key=key, partition_key=key)

    return of_period


def period_key(period: Period, last: date) -> str:
    """Partition of the day, the week from Monday on, or the month, that holds a day."""
    if period is Period.WEEK:
        return (last - timedelta(days=last.weekday())).isoformat()
    return (last if period is Period.DAY else last.replace(day=1)).isoformat()
