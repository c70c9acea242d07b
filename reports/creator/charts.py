"""The charts of a creator's report, as SVG: for the page, and without any text for mail.

On a page the text keeps its size and the colours are the style sheet's; with a palette a chart is
MAIL_WIDTH wide, has fixed colours and needs no font.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from reports.creator.daily_charts import draw_followers, draw_numbers
from reports.creator.hours_chart import draw_hours
from reports.creator.model import CreatorReport
from reports.creator.palette import Palette
from reports.creator.types_chart import draw_types

Drawing = Callable[[CreatorReport, Palette | None], str]


class Chart(StrEnum):
    """The charts that a report can have."""

    IMPRESSIONS = "impressions"
    ENGAGEMENTS = "engagements"
    FOLLOWERS = "followers"
    TYPES = "types"
    HOURS = "hours"


DRAWINGS: Mapping[Chart, Drawing] = {
    Chart.IMPRESSIONS: lambda report, palette: draw_numbers(report, "post_impressions", palette),
    Chart.ENGAGEMENTS: lambda report, palette: draw_numbers(report, "post_engagements", palette),
    Chart.FOLLOWERS: draw_followers,
    Chart.TYPES: draw_types,
    Chart.HOURS: draw_hours,
}


def first_chart(report: CreatorReport) -> Chart:
    """What is shown where one chart must do: engagements where views are not counted."""
    return Chart.IMPRESSIONS if report.counts_views else Chart.ENGAGEMENTS


def draw_chart(report: CreatorReport, chart: Chart, palette: Palette | None = None) -> str | None:
    """A chart as SVG, None where it would be empty."""
    return DRAWINGS[chart](report, palette) if _has_something(report, chart) else None


def _has_something(report: CreatorReport, chart: Chart) -> bool:
    series = report.series
    if chart is Chart.HOURS:
        return bool(report.audience.hours)
    if chart is Chart.FOLLOWERS:
        return any(series["followers_gained"]) or any(series["followers_lost"])
    if chart is Chart.TYPES:
        return any(map(any, report.by_type.values()))
    return any(series[f"post_{chart}"])
