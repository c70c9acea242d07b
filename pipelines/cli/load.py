"""`sociallive load`: other people's data into the platform's tables."""

from datetime import date
from pathlib import Path

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.clock import utc_today
from assets.resources.tombstones import Tombstones
from assets.seeding.load import LoadReport, find_files, load_directory
from pipelines.cli.console import console, say, show
from pipelines.platform import ready_platform
from pipelines.settings import read_settings
from schema.windows import parse_day


def load_platform(directory: Path, *, ending: str | None) -> None:
    """Load a folder and say what went in, what did not and why, and what to run next."""
    settings = read_settings()
    last_day = None if ending is None else parse_day(ending)
    directory = directory.resolve()
    find_files(directory)
    with console.status("starting the database") as status:
        platform = ready_platform(settings)
        # Until the rejects are written: whom an erasure finds in them, none may write after it.
        with without_erasures(platform):
            report = load_directory(
                platform,
                directory,
                ending=last_day,
                rejects=settings.rejects / directory.name,
                progress=status.update,
                tombstones=Tombstones(settings.erasures),
            )
    show_report(report)
    for line in next_steps(report, first_day=settings.first_day, today=utc_today()):
        say(line)


def show_report(report: LoadReport) -> None:
    """Print the rows of each table, and why some were rejected."""
    rows: list[tuple[object, ...]] = [
        (table.table, table.read, table.loaded, table.rejected) for table in report.tables
    ]
    show("Rows", ["table", "read", "loaded", "rejected"], rows)
    reasons: list[tuple[object, ...]] = [
        (table.table, reason, count)
        for table in report.tables
        for reason, count in table.reasons.items()
    ]
    if reasons:
        show("Why rows were rejected", ["table", "reason", "rows"], reasons)
        say(f"The rejected rows, with their reasons: {report.rejects}")


def next_steps(report: LoadReport, *, first_day: date, today: date) -> list[str]:
    """The days of what was loaded, and the command that computes their numbers."""
    if report.days is None:
        return ["Nothing new was loaded."]
    first, last = report.days.first, report.days.last
    lines = [
        f"The loaded data reaches from {first} to {last}. Its numbers:",
        f"sociallive run --from {first} --to {last}",
    ]
    if first < first_day:
        lines.append(f"(with SOCIALLIVE_FIRST_DAY={first}: the first partition is {first_day})")
    if last > today:
        lines.append(f"({last} is in the future: load with --ending {today} to move the data)")
    return lines
