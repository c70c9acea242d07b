"""`sociallive audit`: the full recount of everything that is published."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from rich.markup import escape

from assets.ingestion.source_audit import Comparison, compare_with_source
from assets.quality.analytics import damaged_days, reconcile_analytics
from assets.quality.books import compare_books
from assets.quality.cold_files import verify_cold_store
from assets.quality.counters import reconcile_counters
from assets.quality.findings import Finding, alarming
from assets.quality.lake_files import verify_lake_files
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from pipelines.cli.console import console, say, show
from pipelines.definitions import LAKE_TABLES
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from schema.errors import PipelineError, UnexplainedDifferenceError, UsageError
from schema.sql import load_sql
from schema.windows import DayRange, consecutive, parse_day

COLUMNS = ["check", "compared", "differing", "explained", "unexplained"]
# What a person calls the checks, in the order in which they run.
NAMES = {
    "lake_files": "files of the lake",
    "books": "ledger and lake",
    "cold_store": "cold store",
    "source": "PostgreSQL and lake",
    "analytics": "published numbers",
    "counters": "cached counters",
}
NOT_READ_YET = "changed since it was read"
# More lines than anybody reads; the totals are in the table.
MOST_LINES = 40
MOST_EXAMPLES = 3


def run_audit(first: str | None, last: str | None) -> None:
    """Compare source, lake, books and published numbers, and tell every difference.

    Raises:
        UsageError: a text is no date, or nothing has been published.
        UnexplainedDifferenceError: something differs that nothing explains.
        PipelineError: a comparison cannot be made; what was found before it is told.
    """
    settings = read_settings()
    platform = checked_platform(settings)
    lake = Lake(settings.lake)
    days = audited_days(platform, lake, first, last)
    findings: list[Finding] = []
    begun: list[str] = []
    comparisons = checks(platform, lake, ColdStore(settings.cold), days, findings)
    try:
        with console.status("") as status:
            for name, check in comparisons.items():
                status.update(f"{NAMES[name]}, {days.first} to {days.last} …")
                begun.append(name)
                findings += check()
    except PipelineError:
        # Hours may have gone into what was found before one comparison could not be made.
        tell(findings, begun[:-1])
        raise
    tell(findings, begun)
    alarms = alarming(findings)
    if alarms:
        raise UnexplainedDifferenceError(
            f"{len(alarms)} findings of {days.first} to {days.last} have no explanation: "
            "what each needs is said above"
        )


def audited_days(platform: Postgres, lake: Lake, first: str | None, last: str | None) -> DayRange:
    """The days asked for, as far as any were published; by default all.

    Raises:
        UsageError: a text is no date, or nothing of the days has been published.
    """
    asked_first, asked_last = (parse_day(text) if text else None for text in (first, last))
    with platform.session(Role.READER) as connection:
        row = connection.execute(load_sql("pipelines.cli", "select_published_span")).fetchone()
    oldest, newest = row or (None, None)
    if oldest is None or newest is None:
        raise UsageError("nothing has been published yet: `sociallive run --date D` does")
    if not first and not last:
        return DayRange(oldest, newest)
    # A database that was restored from a backup has fewer days in its books than the lake has.
    in_lake = [day for table in LAKE_TABLES for day in lake.published_days(table)]
    known = DayRange(min(oldest, *in_lake), max(newest, *in_lake))
    asked = DayRange(asked_first or oldest, asked_last or newest)
    return _cut(asked, known)


def _cut(asked: DayRange, known: DayRange) -> DayRange:
    if asked.last < known.first or asked.first > known.last:
        raise UsageError(f"nothing of {asked} has been published: {known} has")
    return DayRange(max(asked.first, known.first), min(asked.last, known.last))


def checks(
    platform: Postgres, lake: Lake, cold: ColdStore, days: DayRange, findings: Sequence[Finding]
) -> dict[str, Callable[[], list[Finding]]]:
    """The comparisons; a damaged file is among the `findings` before anything reads it."""
    return {
        "lake_files": lambda: verify_lake_files(lake, LAKE_TABLES, days, with_digests=True),
        "books": lambda: compare_books(platform, lake, LAKE_TABLES, days),
        "cold_store": lambda: verify_cold_store(platform, cold),
        "source": lambda: describe_comparisons(compare_with_source(platform, lake, days, cold)),
        "analytics": lambda: reconcile_analytics(
            platform, lake, days, damaged=damaged_days(findings)
        ),
        "counters": lambda: reconcile_counters(platform),
    }


def describe_comparisons(comparisons: Iterable[Comparison]) -> list[Finding]:
    """One finding per table and day that differs, and one that counts what agrees."""
    agreeing = 0
    findings = []
    for comparison in comparisons:
        agreeing += comparison.is_equal
        if not comparison.is_equal:
            findings.append(describe_comparison(comparison))
    return [*findings, Finding("source", "partitions", compared=agreeing)]


def describe_comparison(comparison: Comparison) -> Finding:
    """Say how the day's rows differ, and that its own run mends it."""
    table, day = comparison.table, comparison.day
    published, found = comparison.published.rows, comparison.found.rows
    size = abs(found - published) or 1
    return Finding(
        check="source",
        subject=table,
        day=day,
        compared=1,
        differing=1,
        explained={NOT_READ_YET: size} if comparison.is_explained else {},
        unexplained=0 if comparison.is_explained else size,
        examples=(f"{published:,} rows published, {found:,} in PostgreSQL",),
        advice=f"{table} of {day} has changed in PostgreSQL since it was read "
        f"({published:,} rows then, {found:,} now): `sociallive run --date {day}` reads it again",
    )


def tell(findings: list[Finding], done: Iterable[str]) -> None:
    """Print a line per check that was done, then what is to be done."""
    show("Audit", COLUMNS, [summarize(check, findings) for check in done])
    alarms = alarming(findings)
    for finding in alarms[:MOST_LINES]:
        console.print(f"[red]unexplained[/red] {escape(finding.advice)}", soft_wrap=True)
        for example in finding.examples[:MOST_EXAMPLES]:
            say(f"            {example}")
    if len(alarms) > MOST_LINES:
        say(f"… and {len(alarms) - MOST_LINES:,} more")
    for line in tell_days(days_not_read(findings)):
        say(line)


def summarize(check: str, findings: Iterable[Finding]) -> tuple[object, ...]:
    """Sums of one check's findings."""
    mine = [finding for finding in findings if finding.check == check]
    explained: dict[str, int] = {}
    for finding in mine:
        for reason, amount in finding.explained.items():
            explained[reason] = explained.get(reason, 0) + amount
    return (
        NAMES[check],
        sum(finding.compared for finding in mine),
        sum(finding.differing for finding in mine),
        ", ".join(f"{reason}: {amount:,}" for reason, amount in explained.items() if amount),
        sum(finding.unexplained for finding in mine),
    )


def days_not_read(findings: Iterable[Finding]) -> list[date]:
    """Days that changed since they were read, as the database noted."""
    return sorted({f.day for f in findings if f.day and NOT_READ_YET in f.explained})


def tell_days(days: list[date]) -> list[str]:
    """Say which days have to run again, as few commands as that takes."""
    return [
        f"Changed since read: sociallive run --from {span.first} --to {span.last}"
        for span in consecutive(days)
    ]
