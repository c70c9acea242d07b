"""Charts with one bar for each day: the period stands out, provisional days are hollow.

Days stand where the calendar has them: a gap is left for those that are not shown.
"""

from datetime import date

from reports.creator.axis import round_steps
from reports.creator.canvas import Canvas
from reports.creator.model import CreatorReport
from reports.creator.palette import Palette
from reports.creator.words import NUMBER_NAMES, compact, counted, short_day, short_span, span

TOP, PLOT, BOTTOM = 12, 136, 28
# Part of a day's width that its bar fills.
FILLED = 0.72
# Of few days none fills more than one of a week would.
WIDEST = FILLED / 7
# A bar that is not nothing can be seen.
LEAST_PIXELS = 1.5


def draw_numbers(report: CreatorReport, name: str, palette: Palette | None) -> str:
    """Bars of one of NUMBERS that has at least one count above 0."""
    canvas, counts = Canvas(TOP + PLOT + BOTTOM, palette), report.series[name]
    steps = round_steps(max(counts))
    _mark_period(canvas, report)
    for step in steps:
        y = TOP + PLOT * (1 - step / steps[-1])
        canvas.rule(y)
        canvas.label(1, y + 4, compact(step), "tick")
    period = report.period.days
    for day, number in zip(report.days, counts, strict=True):
        tall = max(PLOT * number / steps[-1], LEAST_PIXELS if number else 0)
        colour = "now" if day in period else "before"
        _bar(canvas, report, day, (TOP + PLOT - tall, tall), colour)
    title = f"{NUMBER_NAMES[name]} per day, {span(report.calendar)}"
    return canvas.finish("days", title, _described(report, name))


def draw_followers(report: CreatorReport, palette: Palette | None) -> str:
    """Followers gained upwards, lost downwards; at least one of them is not 0."""
    canvas = Canvas(TOP + PLOT + BOTTOM, palette)
    gained, lost = report.series["followers_gained"], report.series["followers_lost"]
    most_gained, most_lost = max(gained), max(lost)
    unit = PLOT / (most_gained + most_lost)
    zero = TOP + most_gained * unit
    _mark_period(canvas, report)
    for step, sign in ((most_gained, "+"), (0, ""), (-most_lost, "\N{MINUS SIGN}")):
        if step or not sign:
            canvas.rule(zero - step * unit)
            canvas.label(1, zero - step * unit + 4, sign + compact(abs(step)), "tick")
    for day, more, fewer in zip(report.days, gained, lost, strict=True):
        _bar(canvas, report, day, (zero - more * unit, more * unit), "gained")
        _bar(canvas, report, day, (zero, fewer * unit), "lost")
    title = f"Followers gained (up) and lost (down) per day, {span(report.calendar)}"
    return canvas.finish("days", title, _described(report, "followers_gained", "followers_lost"))


def _bar(
    canvas: Canvas, report: CreatorReport, day: date, tall: tuple[float, float], colour: str
) -> None:
    if not tall[1]:
        return
    calendar = report.calendar
    wide, place = 1 / len(calendar), (day - calendar.first).days
    filled = min(FILLED * wide, WIDEST)
    at, size = ((place + 0.5) * wide - filled / 2, tall[0]), (filled, tall[1])
    if day in report.final_days:
        canvas.box(at, size, colour)
    else:
        canvas.outline(at, size, colour)


def _mark_period(canvas: Canvas, report: CreatorReport) -> None:
    days, period = report.calendar, report.period.days
    share = sum(map(period.__contains__, days)) / len(days)
    canvas.box((1 - share, 0), (share, TOP + PLOT), "band")
    y = TOP + PLOT + 20
    if share < 1:
        canvas.label(0, y, short_day(days.first))
    canvas.label(1, y, short_span(period), "end strong")


def _described(report: CreatorReport, *names: str) -> str:
    told = [f"{NUMBER_NAMES[name].lower()} {report.totals[name]:,}" for name in names]
    days = counted(len(report.period.days), "day")
    return f"In the {days} of the report: {', '.join(told)}. All days are in the table below."
