"""Moving and removing old rows, and backups: which assets, and when they run by themselves."""

from dataclasses import dataclass

import dagster as dg

from assets.lifecycle.cold_definitions import COLD_STORE, cold_store_asset
from assets.lifecycle.engagement_definitions import (
    ARCHIVE,
    PARTITIONS,
    engagement_archive_asset,
    engagement_partitions_asset,
    head_room_check,
)
from assets.quality.cold_checks import archive_manifests_check
from pipelines.jobs import checks_job, lifecycle_job
from pipelines.schedules import lifecycle_schedule
from pipelines.settings import Settings

# After the daily run, and apart from each other. The archive's copies follow the archive.
TIMES = {
    PARTITIONS: ("0 4 * * *", "Make the months of engagement ahead, every day at 04:00 UTC."),
    ARCHIVE: ("0 5 * * 0", "Archive engagement older than a year, on Sundays at 05:00 UTC."),
    COLD_STORE: ("30 5 * * 0", "Copy whole archived months and verify all, Sundays at 05:30 UTC."),
}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What `Definitions` are to know of it."""

    assets: list[dg.AssetsDefinition]
    checks: list[dg.AssetChecksDefinition]
    schedules: list[dg.ScheduleDefinition]


def lifecycle_of(settings: Settings) -> Lifecycle:
    """Everything of the lifecycle; each schedule has its job."""
    return Lifecycle(
        assets=[
            engagement_partitions_asset(),
            engagement_archive_asset(),
            cold_store_asset(settings.scratch),
        ],
        checks=[head_room_check(), archive_manifests_check()],
        schedules=[
            lifecycle_schedule(lifecycle_job(asset, description=description), at=at)
            for asset, (at, description) in TIMES.items()
        ],
    )
