"""The chart of a mail: the first of the page, as a PNG, for mail programs show no SVG."""

from reports.creator.charts import draw_chart, first_chart
from reports.creator.model import CreatorReport
from reports.creator.palette import ON_ANY_PAPER
from reports.creator.png import chart_png
from reports.creator.words import NUMBER_NAMES, span
from reports.delivery.mail_words import HEADLINES, counted, day_words, headline_names

# Twice as many pixels as a mail is wide: screens have two for one.
WIDTH = 1072


def mail_chart(report: CreatorReport) -> bytes | None:
    """Bars of the days shown, those of the period in colour; None where all are empty."""
    drawing = draw_chart(report, first_chart(report), ON_ANY_PAPER)
    return chart_png(drawing, WIDTH) if drawing else None


def chart_title(report: CreatorReport) -> str:
    """What its bars count."""
    return NUMBER_NAMES[headline_names(report)[0]]


def chart_words(report: CreatorReport) -> str:
    """What the chart shows, for whoever does not see it."""
    missing = len(report.calendar) - len(report.days)
    gap = f", {missing} of these days missing" if missing else ""
    return (
        f"{chart_title(report)} per day from {day_words(report.days[0])} to "
        f"{day_words(report.days[-1])}{gap}; the bars of {span(report.period.days)} stand out. "
        f"{most_words(report)}"
    )


def most_words(report: CreatorReport) -> str:
    """What the longest bar counts: the picture has no axis."""
    name = headline_names(report)[0]
    counts = report.series[name]
    best = max(range(len(counts)), key=lambda position: counts[position])
    return f"Most: {counted(counts[best], HEADLINES[name])} on {day_words(report.days[best])}."
