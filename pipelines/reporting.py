"""What people receive: which assets make it, and when they run by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg

from pipelines.jobs import asset_job
from pipelines.schedules import timed_schedule
from pipelines.settings import Settings
from reports.overview.checks import check_keys
from reports.overview.definitions import OVERVIEW, overview_asset
from reports.overview.publishing import FOLDER

# After the daily run.
OVERVIEW_AT = "15 1 * * *"


@dataclass(frozen=True, slots=True)
class Reporting:
    """What `Definitions` are to know of it."""

    assets: list[dg.AssetsDefinition]
    schedules: list[dg.ScheduleDefinition]


def reporting_of(settings: Settings, checks: Sequence[dg.AssetChecksDefinition]) -> Reporting:
    """Everything that people receive; reports show the newest results of the checks."""
    description = "Write the page about the whole platform."
    return Reporting(
        assets=[overview_asset(settings.reports / FOLDER, check_keys(checks))],
        schedules=[
            # A job that is called like its asset would break the code server.
            timed_schedule(asset_job("overview", OVERVIEW, description=description), at=OVERVIEW_AT)
        ],
    )
