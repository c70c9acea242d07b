"""What people did with a creator's posts, by type."""

from collections.abc import Mapping

from reports.creator.canvas import Canvas
from reports.creator.model import CreatorReport
from reports.creator.palette import Palette

ROW, BAR = 28, 14


def counts_by_type(report: CreatorReport) -> Mapping[str, int]:
    """Engagements of the period, per type."""
    period = report.period.days
    inside = [place for place, day in enumerate(report.days) if day in period]
    return {kind: sum(counts[p] for p in inside) for kind, counts in report.by_type.items()}


def draw_types(report: CreatorReport, palette: Palette | None) -> str:
    """One bar for each type, in the order of ENGAGEMENTS, the greatest as long as the chart."""
    counts = counts_by_type(report)
    canvas, most = Canvas(len(counts) * ROW, palette), max(counts.values()) or 1
    for row, count in enumerate(counts.values()):
        at = row * ROW + (ROW - BAR) / 2
        canvas.box((0, at), (1, BAR), "level0")
        canvas.box((0, at), (count / most, BAR), "now")
    return canvas.finish("types", "Engagements by type")


def draw_share(count: int, most: int) -> str:
    """One such bar alone, for a row of a table that says the number."""
    canvas = Canvas(10)
    canvas.box((0, 0), (1, 10), "level0")
    canvas.box((0, 0), (count / (most or 1), 10), "now")
    return canvas.decoration("share")
