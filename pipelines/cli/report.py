"""`sociallive report`: one creator's page and history, made here and now."""

from datetime import date
from pathlib import Path

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.clock import utc_today
from assets.resources.lake import Lake
from assets.resources.whole_days import newest_whole
from pipelines.chosen_engine import published_of
from pipelines.cli.console import console, say
from pipelines.cli.known_days import refuse_unknown_days
from pipelines.dagster_home import open_instance
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from reports.creator.gathering import find_creator, gather_reports
from reports.creator.model import Period, ReportPeriod
from reports.creator.past_numbers import PastNumbers
from reports.creator.publishing import page_path, publish_reports
from reports.creator.report_days import NUMBERS
from reports.held_days import held_days, refuse_held_days
from schema.errors import UsageError
from schema.windows import DayRange, parse_day


def write_report(user: str, day: str | None, period: str, out: Path | None) -> None:
    """Write the report of the days that end with a day, and say where it is.

    Raises:
        UsageError: nobody has this name or id, there is no such day or period.
        MissingPartitionError: a day of the period has not been run.
        HeldDayError: a check refused the numbers of a day.
        PartitionLockedError: an erasure is running.
    """
    asked = _period(period)
    settings = read_settings()
    lake = Lake(settings.lake)
    last = parse_day(day) if day else newest_day(lake)
    if last not in lake.published_days(NUMBERS):
        # Whoever is told to run it must not be refused there.
        refuse_unknown_days(DayRange(last, last), first_day=settings.first_day, today=utc_today())
    published = published_of(settings)
    folder, about = out or settings.reports, ReportPeriod(asked, last)
    with open_instance(settings) as instance:
        refuse_held_days(instance, about.days)
        held = held_days(instance)
    with console.status("gathering"):
        platform = checked_platform(settings)
        creator = find_creator(platform, user)
        with without_erasures(platform):
            reports = list(
                gather_reports(published, platform, about, creators=[creator], held=held)
            )
            publish_reports(reports, folder, past=PastNumbers(platform, lake, held).histories)
    if not reports:
        raise UsageError(f"{user!r} has no report of {last}: the account was created later")
    for report in reports:
        say(str(page_path(folder, report)))


def newest_day(lake: Lake) -> date:
    """The newest day that reports can end with; one that was read whole, if there is any.

    Raises:
        UsageError: there is none.
    """
    newest = newest_whole(lake, NUMBERS)
    if newest is None:
        raise UsageError("no day has been published yet: run one with `sociallive run --date D`")
    return newest


def _period(text: str) -> Period:
    try:
        return Period(text)
    except ValueError as error:
        choices = ", ".join(period.value for period in Period)
        raise UsageError(f"{text!r} is no period of a report: take one of {choices}") from error
