"""Everything Dagster is to know, put together from the settings."""

import warnings
from collections.abc import Callable

import dagster as dg

from assets.analytics.definitions import rollup_asset, system_metrics_asset, user_analytics_asset
from assets.analytics.rollups import ROLLUPS
from assets.ingestion.definitions import ingestion_asset
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.lifecycle.backup_definitions import (
    BACKUP,
    DRILL,
    backup_age_checks,
    database_backup_asset,
    restore_drill_asset,
)
from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.expired_rows_definitions import EXPIRED_ROWS, expired_rows_asset
from assets.partitions import daily_partitions
from assets.quality.definitions import volume_checks
from assets.quality.reconciliation_checks import counters_check, daily_reconciliation_checks
from assets.ranking.definitions import engagement_models_asset, ranking_asset
from assets.ranking.model_days import TABLE as MODELS
from assets.ranking.ranked_days import RANKINGS
from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import Manifest
from assets.resources.published import Published
from assets.resources.publishing import Publisher, tell_nobody
from pipelines.jobs import backup_ages_job, daily_job, lifecycle_job
from pipelines.platform import backup_site, open_platform
from pipelines.schedules import daily_schedule, lifecycle_schedule
from pipelines.settings import Settings, read_settings

LAKE_TABLES = (*SOURCE_TABLES, *ROLLUPS, "user_analytics", "system_metrics", MODELS, *RANKINGS)


@dg.definitions
def defs() -> dg.Definitions:
    """Definitions of the installation that the environment describes."""
    return build_definitions(read_settings())


def build_definitions(
    settings: Settings, *, on_published: Callable[[Manifest], None] = tell_nobody
) -> dg.Definitions:
    """Definitions of one installation; nothing is opened before a run needs it."""
    counters = counters_check()
    job = daily_job(left_out=[counters])
    backup_ages = backup_age_checks(BackupFolder(settings.backups))
    lifecycle = [*_lifecycle_schedules(), _backup_ages_schedule(backup_ages)]
    return dg.Definitions(
        assets=_assets(settings),
        asset_checks=[
            counters,
            *daily_reconciliation_checks(LAKE_TABLES),
            *volume_checks(),
            *backup_ages,
        ],
        jobs=[job, *(schedule.job for schedule in lifecycle)],
        schedules=[daily_schedule(job), *lifecycle],
        resources=_resources(settings, on_published),
        executor=dg.in_process_executor,
    )


def _assets(settings: Settings) -> list[dg.AssetsDefinition]:
    partitions = daily_partitions(settings.first_day)
    first_day, lookback_days = settings.first_day, settings.lookback_days
    with warnings.catch_warnings():
        # `backfill_policy` is marked beta; it is what makes a range one run.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [
            ingestion_asset(partitions, first_day=first_day, lookback_days=lookback_days),
            rollup_asset(partitions, first_day=first_day, lookback_days=lookback_days),
            user_analytics_asset(partitions, first_day=first_day, lookback_days=lookback_days),
            system_metrics_asset(
                partitions,
                first_day=first_day,
                lookback_days=lookback_days,
                source_tables=list(SOURCE_TABLES),
            ),
            engagement_models_asset(partitions, first_day=first_day),
            ranking_asset(partitions, first_day=first_day, lookback_days=lookback_days),
            expired_rows_asset(),
            database_backup_asset(),
            restore_drill_asset(),
        ]


def _lifecycle_schedules() -> list[dg.ScheduleDefinition]:
    """What of the lifecycle runs by itself, and when."""
    return [
        lifecycle_schedule(lifecycle_job(asset, description=description), at=at)
        for asset, at, description in (
            (EXPIRED_ROWS, "30 1 * * *", "Remove what expired over 30 days ago, at 01:30 UTC."),
            (BACKUP, "0 2 * * *", "Back the database up, at 02:00 UTC."),
            (DRILL, "0 3 * * 0", "Restore the newest backup for trial, on Sundays at 03:00 UTC."),
        )
    ]


def _backup_ages_schedule(checks: list[dg.AssetChecksDefinition]) -> dg.ScheduleDefinition:
    return lifecycle_schedule(backup_ages_job(checks), at="0 6 * * *")


def _resources(
    settings: Settings, on_published: Callable[[Manifest], None]
) -> dict[str, dg.ResourceDefinition]:
    lake = Lake(settings.lake)

    def publisher(_context: dg.InitResourceContext) -> Publisher:
        ledger = PartitionLedger(open_platform(settings))
        return Publisher(lake, ledger, on_published=on_published)

    return {
        "postgres": dg.ResourceDefinition(lambda _: open_platform(settings)),
        "publisher": dg.ResourceDefinition(publisher),
        "backup_site": dg.ResourceDefinition(lambda _: backup_site(settings)),
        "published": dg.ResourceDefinition(
            lambda _: Published(lake, open_engine(settings.engine, scratch=settings.scratch))
        ),
    }
