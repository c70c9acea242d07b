"""All views of an installation."""

from assets.resources.cold_months import ColdStore
from assets.resources.engagement_everywhere import select_engagement_everywhere
from assets.resources.lake import Lake
from reports.views.day_view import day_view
from reports.views.lake_views import DATE, contract_columns, lake_views
from reports.views.registry_views import registry_views, view_of_columns
from reports.views.tables import TABLES
from reports.views.view import Column, View
from schema.tables.archived_engagement import ArchivedEngagement

EVERYWHERE = "engagement_everywhere"
# How the cold store proves its rows: no number for people.
PROOF = "row_hash"


def views_of(lake: Lake, cold: ColdStore, *, is_verified: bool = True) -> list[View]:
    """Every view, in the order in which people meet them; nothing is read yet.

    `is_verified`: every byte of the cold store is compared before a view shows it.
    """
    views = [
        *lake_views(lake, TABLES),
        everywhere_view(lake, cold, is_verified=is_verified),
        day_view(lake, list(TABLES)),
        *registry_views(),
    ]
    return [*views, view_of_columns(views)]


def everywhere_view(lake: Lake, cold: ColdStore, *, is_verified: bool) -> View:
    """Engagement of all ages: what the cold store has of it, and the days of the lake."""
    archived = {
        column.name: column
        for column in contract_columns(EVERYWHERE, ArchivedEngagement)
        if column.name != PROOF
    }
    order = ("id", "user_id", "post_id", "engagement_type", "value", "source", "metadata")
    columns = (
        DATE,
        *(archived[name] for name in order),
        archived["created_at"],
        Column("kept_in", "VARCHAR", "`cold`: the archive's copy; `lake`: a published day"),
    )
    return View(
        EVERYWHERE,
        "(id, created_at)",
        "One row per engagement event of any age, archived or not. Filter by date and created_at.",
        columns,
        lambda: select_engagement_everywhere(cold, lake, is_verified=is_verified),
    )
