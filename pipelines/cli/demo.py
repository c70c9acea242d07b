"""`sociallive demo`: a generated platform, the daily job over its days, and where to look."""

import json
from datetime import date
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from assets.seeding.demo import Platform, generate_platform, write_platform
from assets.seeding.demo.writing import tables_of
from pipelines.cli.console import console, say, show
from pipelines.cli.overview import write_overview_of
from pipelines.cli.run import show_run
from pipelines.platform import open_platform
from pipelines.settings import Settings, read_settings
from schema.migrate import migrate
from schema.windows import ONE_DAY, DayRange

SEED = 2026


def run_demo(*, days: int, users: int) -> None:
    """Start, migrate, generate, run, and say where everything is."""
    settings = read_settings()
    say("Starting the database …")
    platform = open_platform(settings)
    migrate(platform.url)
    last_day = remembered_last_day(settings, days=days, users=users)
    made = generate_platform(users=users, last_day=last_day, days=days, seed=SEED)
    fill(platform, made)
    show_run(settings, made.days)
    show_platform(platform, made.days)
    overview = write_overview_of(settings, platform, made.days)
    show_places(settings, platform, overview.page)


def remembered_last_day(settings: Settings, *, days: int, users: int) -> date:
    """Last day of this demo: yesterday when it is first made, the same day ever after."""
    note = settings.home / "demo.json"
    size = {"days": days, "users": users}
    if note.exists():
        known = json.loads(note.read_text(encoding="utf-8"))
        if {name: known.get(name) for name in size} == size:
            return date.fromisoformat(known["last_day"])
    last_day = utc_today() - ONE_DAY
    settings.home.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(size | {"last_day": last_day.isoformat()}), encoding="utf-8")
    return last_day


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


def show_places(settings: Settings, platform: Postgres, overview: Path) -> None:
    """Print where the database, the lake, the overview and the UI are."""
    database = "SOCIALLIVE_DATABASE_URL" if settings.database_url else platform.url
    say("")
    say(f"database    {database}")
    say(f"lake        {settings.lake}")
    say(f"overview    {overview}")
    say("Dagster UI  `sociallive dev`, then http://127.0.0.1:3000")
    say("status      `sociallive status`")
