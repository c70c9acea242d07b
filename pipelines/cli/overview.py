"""`sociallive overview`: the whole platform on one page, with its tables beside it."""

from pathlib import Path

from assets.resources.clock import utc_today
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from pipelines.chosen_engine import published_of
from pipelines.cli.console import console, say
from pipelines.dagster_home import open_instance
from pipelines.definitions import build_definitions
from pipelines.history import note_materialization
from pipelines.platform import checked_platform
from pipelines.settings import Settings, read_settings
from reports.overview.checks import newest_results
from reports.overview.definitions import OVERVIEW, overview_metadata
from reports.overview.gathering import choose_days
from reports.overview.publishing import FOLDER, WrittenOverview, publish_overview
from schema.windows import DayRange, parse_day


def show_overview(first: str | None, last: str | None, out: Path | None) -> None:
    """Write the overview, and say where it is.

    Raises:
        UsageError: a text is no date, or the range ends before it starts.
    """
    settings = read_settings()
    days = choose_days(
        Lake(settings.lake),
        parse_day(first) if first else None,
        parse_day(last) if last else None,
        today=utc_today(),
    )
    written = write_overview_of(settings, checked_platform(settings), days, out)
    say(f"{days.first} to {days.last}, {written.tables} tables beside the page")
    say(str(written.page))


def write_overview_of(
    settings: Settings, platform: Postgres, days: DayRange, out: Path | None = None
) -> WrittenOverview:
    """Write the page into a folder, by default that of the asset, whose history then notes it."""
    published = published_of(settings)
    keys = build_definitions(settings).resolve_asset_graph().asset_check_keys
    with console.status("writing the overview …"):
        with open_instance(settings) as instance:
            checks = newest_results(instance, sorted(keys))
        folder = settings.reports / FOLDER if out is None else out
        written = publish_overview(published, platform, days, checks, folder)
    if out is None:
        note_materialization(settings, OVERVIEW, overview_metadata(written))
    return written
