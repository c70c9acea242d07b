"""`sociallive run`: the daily job for some days, in one process, without a daemon."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.ranking.ranked_days import RANKINGS
from assets.resources.clock import utc_today
from assets.resources.manifest import Manifest
from pipelines.chosen_engine import require_engine
from pipelines.cli.console import console, say
from pipelines.cli.known_days import refuse_unknown_days
from pipelines.cli.status import show_unlike_books
from pipelines.dagster_home import open_instance
from pipelines.platform import checked_platform
from pipelines.runs import run_daily_job
from pipelines.settings import Settings, read_settings
from schema.errors import UsageError
from schema.windows import DayRange, parse_day

TABLES = (
    len(SOURCE_TABLES) + len(ROLLUPS) + len(RANKINGS) + 3
)  # user_analytics, system_metrics, models


def requested_days(day: str | None, first: str | None, last: str | None) -> DayRange:
    """Understand `--date`, or `--from` and `--to`.

    Raises:
        UsageError: neither or both were given, or a text is no date.
    """
    if day is not None and first is None and last is None:
        return DayRange(parse_day(day), parse_day(day))
    if day is None and first is not None and last is not None:
        return DayRange(parse_day(first), parse_day(last))
    raise UsageError("say which days: either --date D, or --from A together with --to B")


def run_days(days: DayRange, *, accept_loss: bool) -> None:
    """Check what can be checked beforehand, then run the days and show how far it is."""
    settings = read_settings()
    today = utc_today()
    refuse_unknown_days(days, first_day=settings.first_day, today=today)
    require_engine(settings)
    platform = checked_platform(settings)
    show_run(settings, days, accept_loss=accept_loss)
    show_unlike_books(platform, settings)
    if days.last == today:
        say(f"{today} has not ended yet: its numbers are provisional.")


def show_run(settings: Settings, days: DayRange, *, accept_loss: bool = False) -> None:
    """Run the days under a progress bar that counts published partitions."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("starting", total=TABLES * len(days))

        def on_published(manifest: Manifest) -> None:
            if manifest.day not in days:
                progress.update(bar, total=(progress.tasks[0].total or 0) + 1)
            progress.update(bar, description=f"{manifest.table} {manifest.day}", advance=1)

        with open_instance(settings) as instance:
            run_daily_job(
                settings,
                days,
                instance=instance,
                on_published=on_published,
                accept_loss=accept_loss,
            )
        progress.update(bar, description=f"{days} done", completed=progress.tasks[0].total)
