"""`sociallive archive`: old engagement into its archive, whole months of it into the cold store."""

from collections.abc import Sequence
from datetime import date

from assets.lifecycle.archive import ArchiveReport, Pace, archive_engagement, plan_archive
from assets.lifecycle.archive_plan import MonthPlan, Way, archive_cut_off
from assets.lifecycle.cold_store import months_to_copy
from assets.lifecycle.drop_cold import MOST_MONTHS
from assets.lifecycle.engagement_definitions import ARCHIVE, archive_metadata
from assets.resources.clock import utc_today
from assets.resources.cold_manifest import month_name
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Role
from pipelines.cli.cold_store import copy_months, drop_months
from pipelines.cli.console import console, say, show
from pipelines.history import note_materialization
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from schema.errors import UsageError
from schema.windows import parse_day

COLUMNS = ["month", "how", "rows one by one", "rows with the month", "bytes"]
HOW = {
    Way.WHOLE: "whole month at once",
    Way.ROWS: "rows before {until}",
    Way.REST: "rows before {until}, then the month at once",
}


def archive_old_engagement(before: str | None, *, most_rows: int | None, dry_run: bool) -> None:
    """Archive what was created before the day, or say what that would do.

    Raises:
        UsageError: the text is no date, or the day is in the future.
    """
    parsed = None if before is None else parse_day(before)
    cut_off = archive_cut_off(utc_today(), parsed)
    settings = read_settings()
    platform = checked_platform(settings)
    pace = Pace() if most_rows is None else Pace(most_rows=most_rows)
    if dry_run:
        with console.status("counting"):
            plan = plan_archive(platform, cut_off, pace)
            with platform.session(Role.READER) as session:
                copies = {*months_to_copy(session, ColdStore(settings.cold))}
        copies.update(month.month for month in plan if month.completes_month)
        tell_plan(plan, cut_off, pace.most_rows, sorted(copies))
        return
    with console.status("counting") as status:
        report = archive_engagement(platform, cut_off, pace=pace, on_step=status.update)
    note_materialization(settings, ARCHIVE, archive_metadata(report))
    for line in describe(report):
        say(line)
    copy_months()


def drop_cold(token: str | None, *, dry_run: bool, most_months: int | None) -> None:
    """Remove archived months that the cold store holds, or say which would go and their token.

    Raises:
        UsageError: there is no token, or it stands for something else.
    """
    if dry_run == (token is not None):
        raise UsageError(
            "--drop-cold removes rows from PostgreSQL: run it with --dry-run first, then with the "
            "--token that it says instead"
        )
    drop_months(token, MOST_MONTHS if most_months is None else most_months)


def tell_plan(plan: list[MonthPlan], cut_off: date, most_rows: int, copies: Sequence[date]) -> None:
    """Print a line per month, what would be copied, and that nothing was done."""
    if not plan and not copies:
        say(f"No engagement before {cut_off} is left to be archived. Nothing would be done.")
        return
    if plan:
        show(f"Engagement before {cut_off}", COLUMNS, [describe_month(month) for month in plan])
    one_by_one = sum(month.moved_rows for month in plan)
    if one_by_one > most_rows:
        say(
            f"{one_by_one:,} rows would move one by one, {most_rows:,} of them in the first run "
            "(--limit)."
        )
    names = ", ".join(month_name(month) for month in copies) or "none"
    say(f"Months to be copied to the cold store: {names}.")
    say("Nothing was done: this was a dry run.")


def describe_month(plan: MonthPlan) -> tuple[object, ...]:
    """One line of the plan."""
    how = HOW[plan.way].format(until=plan.until)
    return f"{plan.month:%Y-%m}", how, plan.moved_rows, plan.attached_rows, plan.size_bytes


def describe(report: ArchiveReport) -> list[str]:
    """What was done, and whether more is left."""
    months = len(report.attached_months)
    if not (months or report.moved_rows or report.copied_rows or report.is_limited):
        return [f"No engagement before {report.cut_off} was left to be archived."]
    done = (
        f"Archived engagement before {report.cut_off}: {months} months at once "
        f"({report.attached_rows:,} rows), {report.moved_rows:,} rows one by one; "
        f"tables were locked for {report.seconds_locked:.3f} s in all."
    )
    copied = (
        f"{report.copied_rows:,} rows that somebody had copied into the archive are in their "
        "months now."
    )
    told = [done, copied] if report.copied_rows else [done]
    if not report.is_limited:
        return told
    limit = f"The limit of {report.moved_rows:,} rows is reached: run again to go on"
    return [*told, f"{limit} (--limit N moves more at once)."]
