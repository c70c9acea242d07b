"""The asset of the analysts' views."""

from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from assets.metadata import clear_failures
from assets.resources.cold_months import ColdStore
from assets.resources.published import Published
from reports.views.catalogue import views_of
from reports.views.tables import TABLES
from reports.views.view import View
from reports.views.view_files import statements_of, write_statements
from schema.markdown import markdown_table

GROUP = "reports"
OWNERS = ["team:analytics"]
ANALYST_VIEWS = "analyst_views"
FILES = ("platform.duckdb", "platform.sql")


def analyst_views_asset(folder: Path) -> dg.AssetsDefinition:
    """Build the asset; it writes into the folder."""

    @dg.asset(
        name=ANALYST_VIEWS,
        deps=list(TABLES),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"duckdb"},
        tags={"personal_data": "pseudonymous_ids"},
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def analyst_views(
        published: dg.ResourceParam[Published], cold: dg.ResourceParam[ColdStore]
    ) -> dg.MaterializeResult[None]:
        """Every published table as a documented view, in files that DuckDB opens.

        - Shows: what `sociallive sql` shows; the files hold views and no rows.
        - Source: the manifests of the lake and of the cold store.
        - A view of which a file is missing or damaged tells that to whoever asks it: whether files
          are whole is for the checks to say, and no reason to fail the day that was published.
        - Fails when: the folder cannot be written; the files that were there stay.
        """
        # Nobody waits each day for every byte of the cold store to be read.
        views = views_of(published.lake, cold, is_verified=False)
        with clear_failures():
            statements, refused = statements_of(views)
            for name in FILES:
                write_statements(statements, folder / name)
        return dg.MaterializeResult(
            metadata={
                "file": dg.MetadataValue.path(folder / FILES[0]),
                **({"refused": dg.MetadataValue.json(refused)} if refused else {}),
                "views": dg.MetadataValue.md(views_as_markdown(views)),
            }
        )

    return analyst_views


def views_as_markdown(views: Sequence[View]) -> str:
    """Names, grains and meanings as a table."""
    rows = [(view.name, view.grain, view.summary) for view in views]
    return markdown_table(("view", "one row per", "shows"), rows)
