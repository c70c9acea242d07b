"""When the audience is there: a field of weekdays and hours, darker where more accounts are."""

from reports.creator.canvas import Canvas
from reports.creator.model import HOUR_LEVELS, CreatorReport
from reports.creator.palette import Palette
from reports.creator.words import WEEKDAYS

HOURS = 24
ROW, GAP = 20, 2
# Part of an hour's width that its field fills.
FILLED = 0.88
EVERY_HOURS = 6


def draw_hours(report: CreatorReport, palette: Palette | None) -> str:
    """A field for each hour of the week; hours of too few accounts have the colour of none."""
    canvas, levels = Canvas(len(WEEKDAYS) * ROW + 22, palette), report.audience.hours
    for weekday, name in enumerate(WEEKDAYS):
        canvas.label(0, weekday * ROW + 13, name[:3], "row")
        for hour in range(HOURS):
            at = ((hour + (1 - FILLED) / 2) / HOURS, weekday * ROW)
            colour = f"level{levels.get((weekday, hour), 0)}"
            canvas.box(at, (FILLED / HOURS, ROW - GAP), colour)
    for hour in range(0, HOURS + 1, EVERY_HOURS):
        style = "" if hour == 0 else "end" if hour == HOURS else "middle"
        canvas.label(hour / HOURS, len(WEEKDAYS) * ROW + 16, f"{hour:02}", style)
    return canvas.finish(
        "hours", "Accounts that were active per hour of the week", _busiest(report)
    )


def _busiest(report: CreatorReport) -> str:
    hours = report.audience.hours
    told = [
        f"{WEEKDAYS[weekday]} {hour:02}:00"
        for (weekday, hour), level in sorted(hours.items())
        if level == HOUR_LEVELS
    ]
    return f"Busiest: {', '.join(told)} UTC." if told else ""
