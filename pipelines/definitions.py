"""Everything Dagster is to know, put together from the settings."""

import warnings
from collections.abc import Callable

import dagster as dg

from assets.analytics.definitions import rollup_asset, system_metrics_asset, user_analytics_asset
from assets.analytics.rollups import ROLLUPS
from assets.ingestion.definitions import ingestion_asset
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.lifecycle.backup import BackupSite
from assets.lifecycle.erasure_definitions import Erasing
from assets.partitions import daily_partitions
from assets.quality.reconciliation_checks import daily_reconciliation_checks
from assets.quality.volume_checks import volume_checks
from assets.ranking.definitions import engagement_models_asset, ranking_asset
from assets.ranking.model_days import TABLE as MODELS
from assets.ranking.ranked_days import RANKINGS
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.manifest import Manifest
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from assets.resources.publishing import Publisher, tell_nobody
from assets.resources.tombstones import Tombstones
from pipelines.alerting import alerting_of, owed_days
from pipelines.at_rest import schedule_at_rest, sensor_at_rest
from pipelines.chosen_engine import published_of
from pipelines.code_links import with_code_links
from pipelines.delivering import deliver_by, report_site_of
from pipelines.housekeeping import housekeeping_schedule, lost_runs_sensor
from pipelines.jobs import daily_job
from pipelines.lifecycle import lifecycle_of
from pipelines.owner_only import keep_to_owner
from pipelines.platform import backup_site, open_platform
from pipelines.reporting import reporting_of
from pipelines.schedules import daily_schedule
from pipelines.settings import Settings, dagster_serves, read_settings
from pipelines.watching import watching_of
from reports.creator.definitions import ReportSite
from reports.delivery.delivery import Delivered
from schema.tables.columns import Contract
from schema.tables.engagement_models import EngagementModels
from schema.tables.system_metrics import SystemMetrics
from schema.tables.user_analytics import UserAnalytics

CONTRACTS: dict[str, type[Contract]] = {
    **SOURCE_TABLES,
    **ROLLUPS,
    "user_analytics": UserAnalytics,
    "system_metrics": SystemMetrics,
    MODELS: EngagementModels,
    **RANKINGS,
}
LAKE_TABLES = tuple(CONTRACTS)
ELSEWHERE = (
    "DAGSTER_HOME is not %s: no history is shown, and nothing runs by itself; `sociallive dev` "
    "serves both"
)


@dg.definitions
def defs() -> dg.Definitions:
    """Definitions of the installation that the environment describes, for a process of Dagster.

    In another storage than that of the home nothing is known of what was run, what failed and who
    was told: there, nothing starts by itself, unless somebody switches it on.
    """
    keep_to_owner()
    settings = read_settings()
    if dagster_serves(settings):
        return build_definitions(settings)
    dg.get_dagster_logger().warning(ELSEWHERE, settings.dagster_home)
    return build_definitions(settings, runs_by_itself=False)


def build_definitions(
    settings: Settings,
    *,
    on_published: Callable[[Manifest], None] = tell_nobody,
    runs_by_itself: bool = True,
) -> dg.Definitions:
    """Definitions of one installation; nothing is opened before a run needs it."""
    watching, lifecycle = watching_of(settings, LAKE_TABLES), lifecycle_of(settings)
    job = daily_job(left_out=watching.checks)
    checks = [
        *watching.checks,
        *daily_reconciliation_checks(CONTRACTS),
        *volume_checks(),
        *lifecycle.checks,
    ]
    reporting = reporting_of(settings, checks)
    owed = owed_days(settings, LAKE_TABLES)
    schedules = [
        daily_schedule(job, is_first_missing=owed.is_first_missing),
        *lifecycle.schedules,
        *watching.schedules,
        *reporting.schedules,
        housekeeping_schedule(),
    ]
    jobs = [schedule.job for schedule in schedules]
    sensors = [*alerting_of(settings, LAKE_TABLES, checks, jobs).sensors, lost_runs_sensor()]
    return dg.Definitions(
        assets=with_code_links(
            [*_assets(settings), *lifecycle.assets, *reporting.assets], settings.code_url
        ),
        asset_checks=checks,
        jobs=jobs,
        schedules=schedules if runs_by_itself else list(map(schedule_at_rest, schedules)),
        sensors=sensors if runs_by_itself else list(map(sensor_at_rest, sensors)),
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
            engagement_models_asset(partitions, first_day=first_day, lookback_days=lookback_days),
            ranking_asset(partitions, first_day=first_day, lookback_days=lookback_days),
        ]


def _resources(
    settings: Settings, on_published: Callable[[Manifest], None]
) -> dict[str, dg.ResourceDefinition]:
    lake = Lake(settings.lake)

    def publisher() -> Publisher:
        ledger = PartitionLedger(open_platform(settings))
        tombstones = Tombstones(settings.erasures)
        return Publisher(lake, ledger, on_published=on_published, tombstones=tombstones)

    def report_site() -> ReportSite:
        return report_site_of(settings, open_platform(settings))

    def deliver() -> Callable[..., Delivered]:
        return deliver_by(settings, open_platform(settings))

    return {
        "postgres": _resource(
            Postgres, lambda: open_platform(settings), "The platform's database, with our roles."
        ),
        "publisher": _resource(
            Publisher, publisher, "Puts days into the lake and the books, whole or not at all."
        ),
        "erasing": _resource(
            Erasing,
            lambda: erasing_of(settings),
            "Removes a person everywhere, and corrects the numbers.",
        ),
        "backup_site": _resource(
            BackupSite, lambda: backup_site(settings), "Where backups go, and what is backed up."
        ),
        "published": _resource(
            Published,
            lambda: published_of(settings),
            f"The lake's published days, read by the engine {settings.engine}.",
        ),
        "report_site": _resource(
            ReportSite, report_site, "Where creators' pages go, and what queues their mails."
        ),
        "deliver": _resource(
            Delivered, deliver, "Sends the mails that are due, by the mail server or as files."
        ),
        "cold": _resource(
            ColdStore, lambda: ColdStore(settings.cold), "Archived months, as Parquet files."
        ),
    }


def _resource(kind: type, make: Callable[[], object], description: str) -> dg.ResourceDefinition:
    """Made when a run needs it; the Dagster UI shows its description, and its kind by name."""

    def resource(_context: dg.InitResourceContext) -> object:
        return make()

    resource.__name__ = kind.__name__
    return dg.ResourceDefinition(resource, description=description)


def erasing_of(settings: Settings) -> Erasing:
    """Erasing in this installation, for the asset."""
    # Erasing computes days again by running the daily job of these definitions.
    from pipelines.erasing import correct_numbers, erasure_of, receipts_to_correct  # noqa: PLC0415

    def correct(instance: dg.DagsterInstance) -> None:
        for receipt in receipts_to_correct(settings):
            correct_numbers(settings, receipt, instance=instance)

    return Erasing(erasure_of(settings, open_platform(settings), lambda _said: None), correct)
