from datetime import UTC, datetime

import dagster as dg

from pipelines.at_rest import schedule_at_rest, sensor_at_rest
from pipelines.schedules import timed_schedule


@dg.op
def nothing() -> None:
    """Nothing."""


@dg.job
def idle() -> None:
    nothing()


@dg.sensor(job=idle, default_status=dg.DefaultSensorStatus.RUNNING, minimum_interval_seconds=60)
def watching(context: dg.SensorEvaluationContext) -> dg.RunRequest:
    return dg.RunRequest(run_key=context.cursor)


def test_a_schedule_that_is_switched_on_by_hand_does_what_it_did(
    instance: dg.DagsterInstance,
) -> None:
    of_job = timed_schedule(idle, at="0 3 * * *", why_not=lambda: "there is nothing to do")

    resting = schedule_at_rest(of_job)

    assert resting.default_status is dg.DefaultScheduleStatus.STOPPED
    assert (resting.name, resting.cron_schedule, resting.job_name) == ("idle", "0 3 * * *", "idle")
    at = datetime(2024, 2, 3, 3, tzinfo=UTC)
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at)
    assert resting.evaluate_tick(context).skip_message == "there is nothing to do"


def test_a_sensor_that_is_switched_on_by_hand_does_what_it_did(
    instance: dg.DagsterInstance,
) -> None:
    resting = sensor_at_rest(watching)

    assert resting.default_status is dg.DefaultSensorStatus.STOPPED
    assert (resting.name, resting.minimum_interval_seconds) == ("watching", 60)
    context = dg.build_sensor_context(
        instance=instance,
        cursor="a day",
        repository_def=dg.Definitions(jobs=[idle], sensors=[resting]).get_repository_def(),
    )
    (request,) = resting.evaluate_tick(context).run_requests or []
    assert request.run_key == "a day"
