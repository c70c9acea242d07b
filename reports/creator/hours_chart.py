"""When the audience is there: a field of weekdays and hours, darker where more accounts are."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from reports.creator.canvas import Canvas
from reports.creator.model import HOUR_LEVELS, CreatorReport
from reports.creator.palette import Palette
from reports.creator.words import WEEKDAYS

HOURS = 24
ROW, GAP = 20, 2
# Part of an hour's width that keeps it apart from the next.
APART = 0.12
EVERY_HOURS = 6


def draw_hours(report: CreatorReport, palette: Palette | None) -> str:
    """A field for each hour of the week; hours of too few accounts have the colour of none."""
    canvas, levels = Canvas(len(WEEKDAYS) * ROW + 22, palette), report.audience.hours
    for weekday, name in enumerate(WEEKDAYS):
        canvas.label(0, weekday * ROW + 13, name[:3], "row")
        canvas.box((0, weekday * ROW), (1, ROW - GAP), "level0")
    for weekday, hour, length, level in _runs(levels):
        at, size = (hour / HOURS, weekday * ROW), (length / HOURS, ROW - GAP)
        canvas.box(at, size, f"level{level}")
    for hour in range(1, HOURS):
        canvas.box(((hour - APART / 2) / HOURS, 0), (APART / HOURS, len(WEEKDAYS) * ROW), "paper")
    for hour in range(0, HOURS + 1, EVERY_HOURS):
        style = "" if hour == 0 else "end" if hour == HOURS else "middle"
        canvas.label(hour / HOURS, len(WEEKDAYS) * ROW + 16, f"{hour:02}", style)
    title = "Accounts that were active per hour of the week"
    return canvas.finish("hours", title, _busiest(report))


def _runs(levels: Mapping[tuple[int, int], int]) -> Iterator[tuple[int, int, int, int]]:
    """Weekday, first hour, hours, level: neighbours of one level together."""
    for (weekday, level), hours in groupby(sorted(levels), lambda at: (at[0], levels[at])):
        run = [hour for _, hour in hours]
        # A group may skip hours that have no level.
        for first, length in _unbroken(run):
            yield weekday, first, length, level


def _unbroken(hours: list[int]) -> Iterator[tuple[int, int]]:
    for _, part in groupby(enumerate(hours), lambda pair: pair[1] - pair[0]):
        run = [hour for _, hour in part]
        yield run[0], len(run)


def _busiest(report: CreatorReport) -> str:
    hours = report.audience.hours
    told = [
        f"{WEEKDAYS[weekday]} {hour:02}:00"
        for (weekday, hour), level in sorted(hours.items())
        if level == HOUR_LEVELS
    ]
    return f"Busiest: {', '.join(told)} UTC." if told else ""
