"""The asset of the overview."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
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
from reports.overview.words import NOTHING, number
from reports.series_colours import BLUE
from schema.markdown import markdown_table

GROUP = "reports"
OWNERS = ["team:analytics"]
OVERVIEW = "platform_overview"
SOURCES = ["system_metrics", "user_activity", "users", "popular_posts", "highlighted_posts"]
PICTURED_DAYS = 60
PICTURE_ZOOM = 2


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
    """What Dagster shows of a page: where it is, what changed, and how far it can be trusted."""
    facts = written.facts
    figures = key_figures(facts)
    shown: dict[str, Any] = {}
    if figures:
        day = figures[0].day
        restated = facts.restatements.filter(pl.col("date") == day)["changes"].sum()
        state = "provisional" if day in facts.unsettled else "final"
        shown["newest_day"] = (
            f"{day}, {state}; {number(int(restated))} changes of its published numbers"
        )
        shown["what_changed"] = dg.MetadataValue.md(what_changed(figures))
    return shown | {
        "page": dg.MetadataValue.path(written.page),
        "days": f"{facts.days.first} to {facts.days.last}",
        "published_days": len(facts.published),
        "provisional_days": len(facts.unsettled),
        "tables": written.tables,
        "size_bytes": written.page.stat().st_size,
    }


def what_changed(figures: Sequence[KeyFigure]) -> str:
    """The figures of the newest day beside the usual, and how each came there, as small pictures.

    A table in Markdown; Dagster shows its pictures, and no text of users is in it.
    """
    rows = [
        (
            figure.title,
            NOTHING if figure.value is None else figure.show(figure.value),
            compared(figure),
        )
        for figure in figures
    ]
    head, rule, *lines = markdown_table(
        ("figure", f"on {figures[0].day}", "beside that weekday of the weeks before"), rows
    ).splitlines()
    pictures = [f"{line} {_picture(figure)} |" for line, figure in zip(lines, figures, strict=True)]
    days = len(figures[0].history[-PICTURED_DAYS:])
    return "\n".join([f"{head} last {days} days |", f"{rule} --- |", *pictures])


def _picture(figure: KeyFigure) -> str:
    drawn = sparkline(figure.history[-PICTURED_DAYS:], colour=BLUE)
    png = bytes(svg_to_bytes(svg_string=drawn, zoom=PICTURE_ZOOM, skip_system_fonts=True))
    return f"![{figure.title} per day](data:image/png;base64,{base64.b64encode(png).decode()})"
