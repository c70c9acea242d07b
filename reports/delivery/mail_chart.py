"""The chart of a mail: impressions per day as bars, without any text in it, as a PNG."""

from resvg_py import svg_to_bytes

from reports.creator.model import CreatorReport
from reports.delivery.mail_words import HEADLINES, counted, day_words, span_words

WIDTH, HEIGHT = 536, 120
# Mail is read on screens with two pixels for one.
ZOOM = 2
GAP = 3
ROUND = 2
BACKGROUND, GROUND_LINE = "#f6f8fb", "#c9d2e0"
BAR, BAR_BEFORE = "#2457c5", "#b4c6ec"
NAME = "post_impressions"


def impressions_chart(report: CreatorReport) -> bytes:
    """Bars of the days shown; those of the period stand out."""
    return bytes(svg_to_bytes(svg_string=chart_svg(report), skip_system_fonts=True, zoom=ZOOM))


def chart_svg(report: CreatorReport) -> str:
    """The drawing, with nothing in it but numbers of ours."""
    counts = report.series[NAME]
    highest = max(counts, default=0) or 1
    bars = "".join(
        _bar(
            position, len(counts), count, highest, BAR if day in report.period.days else BAR_BEFORE
        )
        for position, (day, count) in enumerate(zip(report.days, counts, strict=True))
    )
    ground = f'<rect x="8" y="{HEIGHT - 11}" width="{WIDTH - 16}" height="1"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{BACKGROUND}"/>{bars}'
        f'{ground} fill="{GROUND_LINE}"/></svg>'
    )


def chart_words(report: CreatorReport) -> str:
    """What the chart shows, for whoever does not see it."""
    counts = report.series[NAME]
    best = max(range(len(counts)), key=lambda position: counts[position])
    return (
        f"Impressions per day from {day_words(report.days[0])} to {day_words(report.days[-1])}; "
        f"the bars of {span_words(report.period)} stand out. "
        f"Most: {counted(counts[best], HEADLINES[NAME])} on {day_words(report.days[best])}."
    )


def _bar(position: int, bars: int, count: int, highest: int, color: str) -> str:
    step = (WIDTH - 16) / bars
    tall = max(round(count * (HEIGHT - 22) / highest), 1 if count else 0)
    return (
        f'<rect x="{8 + position * step:.2f}" y="{HEIGHT - 11 - tall}" '
        f'width="{max(step - GAP, 1):.2f}" height="{tall}" rx="{ROUND}" fill="{color}"/>'
    )
