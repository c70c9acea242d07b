"""Copy archived months out of PostgreSQL, and drop them there."""

from assets.lifecycle.cold_definitions import COLD_STORE, copies_metadata
from assets.lifecycle.cold_store import ColdCopy, CopiedMonth
from assets.lifecycle.drop_cold import ColdDrop, DropPlan
from assets.resources.cold_manifest import month_name
from assets.resources.cold_months import ColdStore
from assets.resources.engine import DuckDBEngine
from pipelines.cli.console import console, say, show
from pipelines.history import note_materialization
from pipelines.platform import checked_platform
from pipelines.settings import read_settings


def copy_months() -> None:
    """Bring the cold store up to date, and say which months that changed."""
    settings = read_settings()
    platform = checked_platform(settings)
    engine = DuckDBEngine(settings.scratch).connection
    copied: list[CopiedMonth] = []
    with console.status("copying archived months …") as status:
        for month in ColdCopy(platform, ColdStore(settings.cold), engine).bring_up_to_date():
            status.update(f"{month_name(month.manifest.month)} is in the cold store …")
            copied.append(month)
    note_materialization(settings, COLD_STORE, copies_metadata(copied))
    written = [month.manifest for month in copied if month.is_new]
    if written:
        rows: list[tuple[object, ...]] = [
            (month_name(manifest.month), manifest.rows, manifest.size_bytes) for manifest in written
        ]
        show("Written", ["month", "rows", "bytes"], rows)
    if copied:
        say(
            f"Cold store: {len(written)} of the {len(copied)} archived whole months were copied "
            f"now, to {settings.cold}."
        )


def drop_months(token: str | None, limit: int) -> None:
    """Say what can be removed from PostgreSQL; with a token, remove it.

    Raises:
        UsageError: the token stands for something else.
    """
    settings = read_settings()
    work = ColdDrop(checked_platform(settings), ColdStore(settings.cold), limit)
    if token is None:
        with console.status("verifying the cold store …"):
            plan = work.plan()
        show_plan(plan)
        return
    with console.status("verifying the cold store …") as status:
        for month in work.drop(token):
            status.update(f"{month_name(month.month)} is removed …")
            say(f"removed {month_name(month.month)} from PostgreSQL: {month.rows:,} rows")


def show_plan(plan: DropPlan) -> None:
    """Print the months that would go, and the token that lets them."""
    if plan.months:
        rows: list[tuple[object, ...]] = [
            (month_name(month.month), month.rows, month.size_bytes) for month in plan.months
        ]
        show("Would be removed from PostgreSQL", ["month", "rows", "bytes"], rows)
        say(f"To remove exactly this: sociallive archive --drop-cold --token {plan.token}")
    else:
        say("Nothing can be removed from PostgreSQL.")
    if plan.obstacle:
        say(f"Nothing more, because {plan.obstacle}.")
