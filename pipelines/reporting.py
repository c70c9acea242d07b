"""What people receive: which assets make it, and when they run by themselves."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import dagster as dg

from assets.partitions import daily_partitions
from assets.resources.lake import Lake
from pipelines.jobs import PAGES, asset_job
from pipelines.repair.owed import why_not_ready
from pipelines.schedules import period_schedule, timed_schedule
from pipelines.settings import Settings
from reports.creator.definitions import NAMES, creator_reports_asset
from reports.creator.model import Period
from reports.delivery.definitions import DELIVERIES, deliveries_asset
from reports.overview.checks import check_keys
from reports.overview.definitions import OVERVIEW, overview_asset
from reports.overview.publishing import FOLDER
from reports.views.definitions import analyst_views_asset

# After the daily run, and apart from each other: day, week from Monday on, month.
OVERVIEW_AT = "15 1 * * *"
REPORTS_AT = {Period.DAY: "30 2 * * *", Period.WEEK: "45 2 * * 1", Period.MONTH: "15 3 1 * *"}
# What waits for final numbers or another attempt is tried every hour.
DELIVERIES_AT = "50 * * * *"


@dataclass(frozen=True, slots=True)
class Reporting:
    """What `Definitions` are to know of it."""

    assets: list[dg.AssetsDefinition]
    schedules: list[dg.ScheduleDefinition]


def reporting_of(settings: Settings, checks: Sequence[dg.AssetChecksDefinition]) -> Reporting:
    """Everything that people receive; reports show the newest results of the checks."""
    return Reporting(
        assets=[
            overview_asset(settings.reports / FOLDER, check_keys(checks)),
            *_pages_assets(settings),
            deliveries_asset(list(NAMES.values())),
            *_views_assets(settings),
        ],
        schedules=[*(_pages_schedule(settings, period) for period in Period), *_timed_schedules()],
    )


def _views_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [analyst_views_asset(settings.views)]


def _pages_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    first_day = settings.first_day
    daily = daily_partitions(first_day)
    with warnings.catch_warnings():
        # `backfill_policy` is marked beta; it is what makes a range one run.
        warnings.simplefilter("ignore", dg.BetaWarning)
        return [creator_reports_asset(period, daily, first_day=first_day) for period in Period]


def _pages_schedule(settings: Settings, period: Period) -> dg.ScheduleDefinition:
    name = f"report_each_{period}"
    description = f"Write and queue the creators' reports of the {period} that has just ended."
    job = asset_job(name, NAMES[period], description=description, waits_for=PAGES)
    return period_schedule(
        job, period, at=REPORTS_AT[period], why_not=partial(why_not_ready, Lake(settings.lake))
    )


def _timed_schedules() -> list[dg.ScheduleDefinition]:
    # A job that is called like its asset would break the code server.
    overview = asset_job(
        "overview", OVERVIEW, description="Write the page about the whole platform."
    )
    deliver = asset_job("deliver_reports", DELIVERIES, description="Send the reports that are due.")
    return [
        timed_schedule(overview, at=OVERVIEW_AT),
        timed_schedule(deliver, at=DELIVERIES_AT),
    ]
