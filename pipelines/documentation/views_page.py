"""The page about the views of `sociallive sql`."""

from pathlib import Path

from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from reports.views.catalogue import views_of
from reports.views.view import View
from schema.markdown import markdown_table

INTRODUCTION = """\
# Views of `sociallive sql`

Made by `make docs` from the views themselves. How to ask them stands in
[Ask in SQL](../how-to/ask-in-sql.md).

Days are UTC days. Ids are UUIDs. A day that is not published is not there; `days` says which are,
and whether their numbers are final. The lake begins with the first day that was run: `users`,
`posts` and `follows` know nothing that was created before. No view has a private column.
"""
COLUMNS = ("column", "type", "unit", "meaning")


def render_views() -> str:
    """The whole page."""
    nowhere = Path("/nowhere")
    views = views_of(Lake(nowhere), ColdStore(nowhere))
    listed = markdown_table(
        ("view", "one row per", "shows"), [(v.name, v.grain, v.summary) for v in views]
    )
    return "\n".join([INTRODUCTION, listed, *map(_section, views)])


def _section(view: View) -> str:
    rows = [(column.name, column.type, column.unit, column.meaning) for column in view.columns]
    told = markdown_table(COLUMNS, rows)
    return f"## {view.name}\n\n{view.description}\n\nOne row per {view.grain}.\n\n{told}"
