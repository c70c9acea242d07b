"""Schedules and sensors that are there, and run only once somebody switches them on."""

import dagster as dg


def schedule_at_rest(schedule: dg.ScheduleDefinition) -> dg.ScheduleDefinition:
    """The same schedule, switched off until it is switched on by hand."""
    return dg.ScheduleDefinition(
        name=schedule.name,
        job=schedule.job,
        cron_schedule=schedule.cron_schedule,
        execution_timezone=schedule.execution_timezone,
        execution_fn=schedule,
        description=schedule.description,
    )


def sensor_at_rest(sensor: dg.SensorDefinition) -> dg.SensorDefinition:
    """The same sensor, switched off until it is switched on by hand."""
    return dg.SensorDefinition(
        name=sensor.name,
        jobs=sensor.jobs if sensor.has_jobs else None,
        evaluation_fn=sensor,
        minimum_interval_seconds=sensor.minimum_interval_seconds,
        description=sensor.description,
    )
