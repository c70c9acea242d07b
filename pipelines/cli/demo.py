"""`sociallive demo`: a generated platform, the daily job over its days, and where to look."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.clock import utc_today
from assets.resources.durable_files import replace_private
from assets.resources.postgres import Postgres
from assets.seeding.demo import Platform, generate_platform, write_platform
from assets.seeding.demo.writing import tables_of
from pipelines.chosen_engine import published_of
from pipelines.cli.console import console, say, show
from pipelines.cli.known_days import refuse_unknown_days
from pipelines.cli.overview import write_overview_of
from pipelines.cli.run import show_run
from pipelines.delivering import report_site_of
from pipelines.platform import open_platform
from pipelines.settings import Settings, read_settings
from reports.creator.definitions import publish_period
from reports.creator.gathering import gather_reports
from reports.creator.model import Period, ReportPeriod
from reports.creator.past_numbers import PastNumbers
from schema.errors import StorageError
from schema.migrate import migrate
from schema.windows import ONE_DAY, DayRange

SEED = 2026
NOTE = "demo.json"


def run_demo(*, days: int, users: int) -> None:
    """Start, migrate, generate, run, and say where everything is."""
    settings = read_settings()
    say("Starting the database …")
    platform = open_platform(settings)
    migrate(platform.url)
    last_day = remembered_last_day(settings, days=days, users=users)
    made = generate_platform(users=users, last_day=last_day, days=days, seed=SEED)
    refuse_unknown_days(made.days, first_day=settings.first_day, today=utc_today())
    fill(platform, made)
    remember(settings, last_day, days=days, users=users)
    show_run(settings, made.days)
    show_platform(platform, made.days)
    overview = write_overview_of(settings, platform, made.days)
    creators = write_creators_reports(settings, platform, made.days.last)
    show_places(settings, platform, {"overview": overview.page, "creators": creators})


def remembered_last_day(settings: Settings, *, days: int, users: int) -> date:
    """Last day of this demo: yesterday when it is first made, the same day ever after.

    Raises:
        StorageError: the note about it cannot be read, or is none of ours.
    """
    note = settings.home / NOTE
    size = {"days": days, "users": users}
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
        if {name: known.get(name) for name in size} == size:
            return date.fromisoformat(known["last_day"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(
            f"{note} is not readable: remove it, and a demo that ends yesterday is made"
        ) from error
    return utc_today() - ONE_DAY


def remember(settings: Settings, last_day: date, *, days: int, users: int) -> None:
    """Note which demo the database holds: not before it does, or the one there would be forgotten.

    Raises:
        StorageError: the home cannot be written.
    """
    facts = {"days": days, "users": users, "last_day": last_day.isoformat()}
    replace_private(settings.home / NOTE, json.dumps(facts).encode())


def fill(platform: Postgres, made: Platform) -> None:
    """Load the generated platform under a progress bar that counts rows."""
    rows = sum(frame.height for frame in tables_of(made).values())
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with (
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
        platform.administration() as connection,
    ):
        bar = progress.add_task("loading", total=rows)

        def on_rows(table: str, more: int) -> None:
            progress.update(bar, description=f"loading {table}", advance=more)

        written = sum(write_platform(connection, made, on_rows).values())
        progress.update(
            bar,
            description="platform loaded" if written else "platform is there already",
            completed=rows,
        )


def show_platform(platform: Postgres, days: DayRange) -> None:
    """Print the newest day's numbers, as anything that speaks SQL sees them."""
    with platform.administration() as connection:
        metrics = connection.execute(
            "SELECT metric_name, metric_value FROM system_metrics "
            "WHERE timestamp = %s AND tags = '{}' ORDER BY metric_name",
            [days.last],
        ).fetchall()
    rows = [(name, f"{value:,.4f}".rstrip("0").rstrip(".")) for name, value in metrics]
    show(f"The platform on {days.last}", ["metric", "value"], rows)


def write_creators_reports(settings: Settings, platform: Postgres, last: date) -> Path:
    """Write every creator's page of a week, and queue its mail; the busiest creator's page."""
    with (
        console.status("writing creators' reports") as status,
        without_erasures(platform),
    ):
        published = published_of(settings)
        period = ReportPeriod(Period.WEEK, last)
        reports = gather_reports(published, platform, period)
        site = report_site_of(settings, platform)
        past = PastNumbers(platform, published.lake).histories
        facts = publish_period(site, period, reports, past, status.update)
    return Path(facts["sample"].path) if "sample" in facts else settings.reports


def show_places(settings: Settings, platform: Postgres, pages: Mapping[str, Path]) -> None:
    """Print where the database, the lake, the pages and the UI are."""
    database = "SOCIALLIVE_DATABASE_URL" if settings.database_url else platform.url
    say("")
    say(f"database    {database}")
    say(f"lake        {settings.lake}")
    for name, page in pages.items():
        say(f"{name:<11} {page}")
    say("mail        `sociallive deliver` sends it, or writes it to the outbox folder")
    say("Dagster UI  `sociallive dev`, then http://127.0.0.1:3000")
    say("status      `sociallive status`")
