"""The chart of a mail: impressions per day as bars, without any text in it, as a PNG."""

from collections.abc import Iterator

from reports.creator.model import CreatorReport
from reports.delivery.bars_png import Bar, bars_png
from reports.delivery.mail_words import HEADLINES, counted, day_words, span_words

# Twice as many pixels as a mail is wide: screens have two for one.
WIDTH, HEIGHT, MARGIN, GAP = 1072, 232, 16, 6
COLORS = ("#f6f8fb", "#2457c5", "#b4c6ec", "#c9d2e0")
BAR, BAR_BEFORE, GROUND = 1, 2, 3
NAME = "post_impressions"


def impressions_chart(report: CreatorReport) -> bytes:
    """Bars of the days shown; those of the period stand out."""
    ground = [Bar(0, WIDTH, MARGIN, 0), Bar(MARGIN, WIDTH - MARGIN, MARGIN, GROUND)]
    below = Bar(0, WIDTH, MARGIN - 2, 0)
    return bars_png(WIDTH, HEIGHT, [*_bars(report), *ground, below], COLORS)


def chart_words(report: CreatorReport) -> str:
    """What the chart shows, for whoever does not see it."""
    counts = report.series[NAME]
    best = max(range(len(counts)), key=lambda position: counts[position])
    return (
        f"Impressions per day from {day_words(report.days[0])} to {day_words(report.days[-1])}; "
        f"the bars of {span_words(report.period)} stand out. "
        f"Most: {counted(counts[best], HEADLINES[NAME])} on {day_words(report.days[best])}."
    )


def _bars(report: CreatorReport) -> Iterator[Bar]:
    """One bar a day, as tall as its share of the best one; a day with anything shows something."""
    counts = report.series[NAME]
    highest, room = max(counts, default=0) or 1, WIDTH - 2 * MARGIN + GAP
    for place, (day, count) in enumerate(zip(report.days, counts, strict=True)):
        left = MARGIN + place * room // len(counts)
        right = MARGIN + (place + 1) * room // len(counts) - GAP
        tall = -(-count * (HEIGHT - 2 * MARGIN) // highest)
        color = BAR if day in report.period.days else BAR_BEFORE
        yield Bar(left, right, MARGIN + tall, color)
