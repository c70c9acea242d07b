"""The chart of a mail: the page's own of impressions, as a PNG, for mail programs show no SVG."""

from reports.creator.charts import Chart, draw_chart
from reports.creator.model import CreatorReport
from reports.creator.palette import LIGHT
from reports.creator.png import chart_png
from reports.creator.words import span
from reports.delivery.mail_words import HEADLINES, counted, day_words

# Twice as many pixels as a mail is wide: screens have two for one.
WIDTH = 1072
NAME = "post_impressions"


def impressions_chart(report: CreatorReport) -> bytes | None:
    """Bars of the days shown, those of the period in colour; None where all are empty."""
    drawing = draw_chart(report, Chart.IMPRESSIONS, LIGHT)
    return chart_png(drawing, WIDTH) if drawing else None


def chart_words(report: CreatorReport) -> str:
    """What the chart shows, for whoever does not see it."""
    counts, missing = report.series[NAME], len(report.calendar) - len(report.days)
    gap = f", {missing} of these days missing" if missing else ""
    best = max(range(len(counts)), key=lambda position: counts[position])
    return (
        f"Impressions per day from {day_words(report.days[0])} to {day_words(report.days[-1])}"
        f"{gap}; the bars of {span(report.period.days)} stand out. "
        f"Most: {counted(counts[best], HEADLINES[NAME])} on {day_words(report.days[best])}."
    )
