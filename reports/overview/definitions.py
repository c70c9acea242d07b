"""The asset of the overview."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from resvg_py import svg_to_bytes

from assets.metadata import clear_failures
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.overview.checks import newest_results
from reports.overview.gathering import choose_days
from reports.overview.key_figures import KeyFigure, key_figures
from reports.overview.page import compared
from reports.overview.publishing import WrittenOverview, publish_overview
from reports.overview.sparklines import sparkline
from reports.overview.words import NOTHING
from schema.markdown import markdown_table

GROUP = "reports"
OWNERS = ["team:analytics"]
OVERVIEW = "platform_overview"
SOURCES = ["system_metrics", "user_activity", "users", "popular_posts", "highlighted_posts"]
# Of the key figures, the one whose history is the preview.
PICTURED = "weekly_active_users"
PICTURE_COLOUR = "#2f80c2"
PICTURE_ZOOM = 3


def overview_asset(folder: Path, checks: Sequence[dg.AssetCheckKey]) -> dg.AssetsDefinition:
    """Build the asset; it writes into the folder, and shows the results of these checks."""

    @dg.asset(
        name=OVERVIEW,
        deps=SOURCES,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"html"},
        tags={"personal_data": "pseudonymous_ids"},
    )
    def platform_overview(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        postgres: dg.ResourceParam[Postgres],
    ) -> dg.MaterializeResult[None]:
        """The whole platform on one page, and every table of the page as CSV and Parquet.

        - Shows: the newest 90 published days; every number as it was published.
        - Source: the lake's published days, the pipeline's books, the newest results of checks.
        - Fails when: a file of the lake is missing or changed, or the folder cannot be written; the
          page that was there stays.
        """
        with clear_failures():
            days = choose_days(published.lake, None, None, today=utc_today())
            results = newest_results(context.instance, checks)
            written = publish_overview(published, postgres, days, results, folder)
        return dg.MaterializeResult(metadata=overview_metadata(written))

    return platform_overview


def overview_metadata(written: WrittenOverview) -> dict[str, Any]:
    """What Dagster shows of a page: where it is, its key figures, a picture."""
    figures = key_figures(written.facts)
    days = written.facts.days
    facts: dict[str, Any] = {
        "page": dg.MetadataValue.path(written.page),
        "days": f"{days.first} to {days.last}",
        "published_days": len(written.facts.published),
        "provisional_days": len(written.facts.unsettled),
        "tables": written.tables,
        "size_bytes": written.page.stat().st_size,
    }
    pictured = [figure for figure in figures if figure.metric == PICTURED]
    if pictured:
        facts["key_figures"] = dg.MetadataValue.md(figures_as_markdown(figures))
        facts["picture"] = dg.MetadataValue.md(picture(pictured[0]))
    return facts


def figures_as_markdown(figures: Sequence[KeyFigure]) -> str:
    """The key figures of the newest day as a table."""
    rows = [
        (
            figure.title,
            NOTHING if figure.value is None else figure.show(figure.value),
            compared(figure),
        )
        for figure in figures
    ]
    return markdown_table(("figure", f"on {figures[0].day}", "beside the usual"), rows)


def picture(figure: KeyFigure) -> str:
    """A figure's history as an image inside Markdown."""
    drawn = sparkline(figure.history, colour=PICTURE_COLOUR)
    png = bytes(svg_to_bytes(svg_string=drawn, zoom=PICTURE_ZOOM, skip_system_fonts=True))
    encoded = base64.b64encode(png).decode()
    return f"{figure.title}\n\n![{figure.title} per day](data:image/png;base64,{encoded})"
