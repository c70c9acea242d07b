"""What Dagster does not do for its own storage."""

from datetime import timedelta

import dagster as dg

from assets.resources.clock import utc_now
from pipelines.lost_runs import fail_lost_runs
from pipelines.schedules import timed_schedule

# As long as ticks are kept: see instance/dagster.yaml.
KEPT_RUN_DAYS = 90
AT = "30 6 * * *"
EVERY_SECONDS = 60
NOTHING_LOST = "every run that is at work has its process"


def lost_runs_sensor() -> dg.SensorDefinition:
    """Fail runs whose process is gone, where their processes are: in the code server.

    Not when it starts: a run that fails while nobody serves its definitions is not tried again.
    """

    @dg.sensor(
        name="lost_runs",
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Fails runs whose process is gone, so that they are tried again.",
    )
    def lost_runs(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        lost = fail_lost_runs(context.instance)
        return dg.SkipReason(f"failed {', '.join(lost)}" if lost else NOTHING_LOST)

    return lost_runs


def housekeeping_schedule() -> dg.ScheduleDefinition:
    """Forget old runs every day, after all that runs in the night."""
    return timed_schedule(_job(), at=AT)


def _job() -> dg.JobDefinition:
    @dg.op
    def forget_runs(context: dg.OpExecutionContext) -> None:
        """Forget runs that ended long ago; what asset pages show stays."""
        # SQLAlchemy takes longer to import than all definitions: only this job needs it.
        from pipelines.old_runs import forget_old_runs  # noqa: PLC0415

        before = utc_now() - timedelta(days=KEPT_RUN_DAYS)
        forgotten = forget_old_runs(context.instance, before=before)
        context.log.info("%s runs removed, %s thinned", forgotten.removed, forgotten.thinned)

    @dg.job(
        name="forget_old_runs",
        description=f"Forget runs that ended over {KEPT_RUN_DAYS} days ago.",
        executor_def=dg.in_process_executor,
    )
    def forget() -> None:
        forget_runs()

    return forget
