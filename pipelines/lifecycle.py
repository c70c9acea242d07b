"""Moving and removing old rows, and backups: which assets, and when they run by themselves."""

from dataclasses import dataclass
from typing import NamedTuple

import dagster as dg

from assets.lifecycle.backup_definitions import (
    BACKUP,
    DRILL,
    backup_age_checks,
    database_backup_asset,
    restore_drill_asset,
)
from assets.lifecycle.backup_folder import DUMPS, BackupFolder
from assets.lifecycle.cold_definitions import COLD_STORE, cold_store_asset
from assets.lifecycle.engagement_definitions import (
    ARCHIVE,
    PARTITIONS,
    engagement_archive_asset,
    engagement_partitions_asset,
    head_room_check,
)
from assets.lifecycle.erasure_definitions import ERASURES, erasures_asset
from assets.lifecycle.expired_rows_definitions import EXPIRED_ROWS, expired_rows_asset
from assets.quality.cold_checks import archive_manifests_check
from pipelines.jobs import DAYS, asset_job, checks_job
from pipelines.schedules import timed_schedule
from pipelines.settings import Settings


class Timed(NamedTuple):
    """An asset, the job that materializes it, and when that runs, UTC."""

    asset: str
    job: str
    at: str
    description: str


# After the daily run, and apart from each other.
TIMES = (
    Timed(EXPIRED_ROWS, "clean_up_expired_rows", "30 1 * * *", "Remove what expired long ago."),
    Timed(BACKUP, "back_up_database", "0 2 * * *", "Back the platform's database up."),
    Timed(DRILL, "try_restore", "0 3 * * 0", "Restore the newest backup, for trial."),
    Timed(PARTITIONS, "make_partitions", "0 4 * * *", "Make the months of engagement ahead."),
    Timed(ERASURES, "keep_erased", "30 4 * * *", "Keep erased accounts erased."),
    Timed(ARCHIVE, "archive_engagement", "0 5 * * 0", "Archive engagement older than a year."),
    Timed(COLD_STORE, "copy_to_cold_store", "30 5 * * 0", "Copy archived months, verify all."),
)
# Erasing computes days again. A dump reads every table for as long as it takes: what moves months
# would ask for their locks in vain, and so waits for its end; the copies follow the archive. Nor
# can a drill read the folder that a backup writes.
TABLES = "tables"
WAITS_FOR = {
    ERASURES: DAYS,
    **dict.fromkeys((BACKUP, DRILL, PARTITIONS, ARCHIVE, COLD_STORE), TABLES),
}
AGES, AGES_AT = "backup_ages", "0 6 * * *"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What `Definitions` are to know of it."""

    assets: list[dg.AssetsDefinition]
    checks: list[dg.AssetChecksDefinition]
    schedules: list[dg.ScheduleDefinition]


def lifecycle_of(settings: Settings) -> Lifecycle:
    """Everything of the lifecycle; each schedule has its job."""
    backups = BackupFolder(settings.backups)
    ages = backup_age_checks(backups)
    return Lifecycle(
        assets=[
            expired_rows_asset(),
            database_backup_asset(),
            restore_drill_asset(),
            erasures_asset(),
            engagement_partitions_asset(),
            engagement_archive_asset(),
            cold_store_asset(settings.scratch),
        ],
        checks=[head_room_check(), archive_manifests_check(), *ages],
        schedules=[*_asset_schedules(backups), _ages_schedule(ages)],
    )


def _asset_schedules(backups: BackupFolder) -> list[dg.ScheduleDefinition]:
    def nothing_to_try() -> str | None:
        return None if backups.names(DUMPS) else "there is no backup yet"

    return [
        timed_schedule(
            asset_job(
                timed.job,
                timed.asset,
                description=timed.description,
                waits_for=WAITS_FOR.get(timed.asset),
            ),
            at=timed.at,
            why_not=nothing_to_try if timed.asset == DRILL else None,
        )
        for timed in TIMES
    ]


def _ages_schedule(ages: list[dg.AssetChecksDefinition]) -> dg.ScheduleDefinition:
    description = "Whether the newest backup and the newest successful drill are recent, daily."
    return timed_schedule(checks_job(AGES, ages, description=description), at=AGES_AT)
