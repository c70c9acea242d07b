"""When the months of engagement are made and archived by themselves."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.lifecycle.engagement_definitions import (
    ARCHIVE,
    PARTITIONS,
    engagement_archive_asset,
    engagement_partitions_asset,
    head_room_check,
)
from pipelines.jobs import lifecycle_job
from pipelines.schedules import lifecycle_schedule

PARTITIONS_JOB = "partitions"
ARCHIVE_JOB = "archive"
# Apart from the daily run, and from each other.
PARTITIONS_AT = "0 4 * * *"
ARCHIVE_AT = "0 5 * * 0"


def retention_assets() -> list[dg.AssetsDefinition]:
    """The assets of engagement's months."""
    return [engagement_partitions_asset(), engagement_archive_asset()]


def retention_checks() -> list[dg.AssetChecksDefinition]:
    """Their checks."""
    return [head_room_check()]


def retention_jobs() -> list[UnresolvedAssetJobDefinition]:
    """A job for each."""
    return [
        lifecycle_job(
            PARTITIONS_JOB, PARTITIONS, description="Make the months of engagement ahead."
        ),
        lifecycle_job(ARCHIVE_JOB, ARCHIVE, description="Archive engagement older than a year."),
    ]


def retention_schedules(
    jobs: Sequence[UnresolvedAssetJobDefinition],
) -> list[dg.ScheduleDefinition]:
    """Months every day, so that a day that fails costs nothing; the archive every week."""
    partitions, archive = jobs
    return [
        lifecycle_schedule(partitions, PARTITIONS_AT, description="Every day at 04:00 UTC."),
        lifecycle_schedule(archive, ARCHIVE_AT, description="Every Sunday at 05:00 UTC."),
    ]
