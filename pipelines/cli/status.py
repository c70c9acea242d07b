"""`sociallive status`: what is fresh, final, late or failing, on one screen."""

from datetime import date

from assets.resources.clock import utc_today
from assets.resources.postgres import Role
from pipelines.cli.console import say, show
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from schema.sql import load_sql
from schema.windows import ONE_DAY

COLUMNS = ["table", "days", "newest day", "state", "unfinished"]


def show_status() -> None:
    """Print one row per table."""
    settings = read_settings()
    platform = checked_platform(settings)
    with platform.session(Role.READER) as connection:
        rows = connection.execute(load_sql("pipelines.cli", "select_table_status")).fetchall()
    due = utc_today() - ONE_DAY
    show("Published tables", COLUMNS, [describe(*row, due=due) for row in rows])
    if not rows:
        say("Nothing has been published yet: `sociallive run --date D` publishes a day.")


def describe(
    table: str,
    days: int,
    newest: date | None,
    is_final: bool | None,  # noqa: FBT001  # a row of the query
    unfinished: int,
    *,
    due: date,
) -> tuple[object, ...]:
    """One line of the screen."""
    if newest is None or newest < due:
        state = f"late: {due} is missing"
    else:
        state = {True: "final", False: "provisional", None: "computed"}[is_final]
    return table, days, newest or "none", state, unfinished
