"""`sociallive load`: other people's data into the platform's tables."""

import os
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.clock import utc_today
from assets.resources.tombstones import Tombstones
from assets.seeding.load import LoadReport, Span, find_files, load_directory
from pipelines.cli.console import console, say, show
from pipelines.platform import ready_platform
from pipelines.settings import read_settings
from schema.windows import EARLIEST_DAY, LATEST_DAY, parse_day

LONGEST_NAME = 50
"""Of a folder in the name of another: with characters of four bytes it fits any file system."""
MOST_DAYS = 5
"""That are named one by one."""


def load_platform(directory: Path, *, ending: str | None) -> None:
    """Load a folder and say what went in, what did not and why, and what to run next."""
    settings = read_settings()
    last_day = None if ending is None else parse_day(ending)
    # Path.resolve() ends in a traceback where links lead in a circle.
    directory = Path(os.path.realpath(directory))
    find_files(directory)
    with console.status("starting the database") as status:
        platform = ready_platform(settings)
        # Until the rejects are written: whom an erasure finds in them, none may write after it.
        with without_erasures(platform):
            report = load_directory(
                platform,
                directory,
                ending=last_day,
                rejects=settings.rejects / rejects_name(directory),
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


def rejects_name(directory: Path) -> str:
    """A folder's own name, and what tells it from others of that name: each keeps its rejects."""
    path_mark = sha256(os.fsencode(directory)).hexdigest()[:8]
    return f"{directory.name[:LONGEST_NAME]}-{path_mark}"


def next_steps(report: LoadReport, *, first_day: date, today: date) -> list[str]:
    """The days of what was loaded, and the command that computes their numbers."""
    if report.span is None:
        is_loaded = any(table.loaded for table in report.tables)
        return ["No loaded row names a day to run." if is_loaded else "Nothing new was loaded."]
    days, bulk = report.span.days, report.span.bulk
    lines = [f"The loaded data reaches from {days.first} to {days.last}. Its numbers:"]
    first, last = max(bulk.first, EARLIEST_DAY), min(bulk.last, today)
    if last < first:
        return [*lines, f"(none: only days from {EARLIEST_DAY} to {today}, today, can be run)"]
    lines += [f"sociallive run --from {first} --to {last}", *_gaps(report.span)]
    if days.first < EARLIEST_DAY or days.last > LATEST_DAY:
        lines.append(f"(days before {EARLIEST_DAY} or after {LATEST_DAY} are never run)")
    if first < first_day:
        lines.append(f"(with SOCIALLIVE_FIRST_DAY={first}: the first partition is {first_day})")
    if days.last > today:
        lines.append(
            f"({days.last} is in the future: what lies there is run when its days come; to move the"
            f" data, load it with --ending {today} into an empty database)"
        )
    return lines + _moves(report)


def _gaps(span: Span) -> list[str]:
    lines = []
    if span.filled < len(span.days):
        lines.append(f"({span.filled:,} of these {len(span.days):,} days hold data)")
    if span.outside:
        named = [f"{rows:,} on {day}" for day, rows in islice(span.outside.items(), MOST_DAYS)]
        more = len(span.outside) - MOST_DAYS
        named += [f"and others on {more:,} days more"] if more > 0 else []
        lines.append(
            f"({sum(span.outside.values()):,} of {span.rows:,} rows lie outside of the days to run,"
            f" far from the others: {', '.join(named)})"
        )
    if span.undated and span.days.first in span.outside:
        lines.append(
            f"({span.undated:,} of them have no created_at: they have the day of the oldest row)"
        )
    return lines


def _moves(report: LoadReport) -> list[str]:
    """What `--ending` did, and what it did not: each load has a shift of its own."""
    if report.shift is None:
        return []
    days = report.shift.by.days
    lines = [f"All times were moved by {days:,} days: the newest was {report.shift.newest}."]
    if report.joined and days:
        lines.append(
            "The database had engagement before, which did not move: if this is a further part of "
            "the same log, its days no longer fit the others (give such a part the --ending that "
            "moves it by as many days as the first)."
        )
    return lines
