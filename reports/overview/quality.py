"""What the overview says about the data: what was restated and why, what is unlike its past."""

import polars as pl

from assets.quality.volume import LEAST_WEEKS, WEEKS
from reports.overview.charts import bar_chart
from reports.overview.content import coloured
from reports.overview.facts import CheckOutcome, PlatformFacts
from reports.overview.subjects import Chapter, Chart, Subject
from reports.overview.tables import DAY, Column, Kind, Table
from reports.overview.words import count_of, days_in_words, number
from reports.series_colours import AMBER, BLUE, GREEN, GREY, PINK, VERMILLION
from schema.vocabulary import Reason

ROWS_SHOWN = 100
REASON_COLOURS = {
    Reason.LATE.value: BLUE,
    Reason.REMOVED.value: AMBER,
    Reason.ERASED.value: GREY,
    Reason.MODERATED.value: GREEN,
    Reason.DEFINITION.value: PINK,
    Reason.UNEXPLAINED.value: VERMILLION,
}
RESTATED = (
    "A published number that was computed again and became another. late: rows came after the day "
    "was read; removed, erased, moderated: rows went; definition: the metric has another version; "
    "unexplained: nothing noted says why."
)
USUAL = (
    f"What the same weekday of the {WEEKS} weeks before, {LEAST_WEEKS} of which must be there, "
    "makes likely: their median, and a band around it."
)
TABLE = Column("table_name", "table", Kind.TEXT)
METRIC = Column("metric_name", "number", Kind.TEXT)
REASONS = Column("reasons", "because of rows that were", Kind.TEXT)
RESTATED_AT = Column("restated_at", "when", Kind.MOMENT)
RESTATEMENT_COLUMNS = (
    DAY,
    TABLE,
    METRIC,
    REASONS,
    Column("changes", "changes"),
    Column("were_final", "of them final before"),
    RESTATED_AT,
)
METRIC_COLUMNS = (
    DAY,
    METRIC,
    Column("tags", "tags", Kind.TEXT),
    Column("old_value", "before"),
    Column("new_value", "now"),
    REASONS,
    RESTATED_AT,
)
CHANGE_COLUMNS = (
    DAY,
    Column("source_table", "table", Kind.TEXT),
    Column("reason", "rows were", Kind.TEXT),
    Column("row_count", "rows"),
    Column("changed_at", "noticed", Kind.MOMENT),
)
UNUSUAL_COLUMNS = (
    DAY,
    Column("series", "number", Kind.TEXT),
    Column("amount", "amount"),
    Column("usual_from", "usual from"),
    Column("usual_to", "usual to"),
    Column("verdict", "verdict", Kind.TEXT),
)
BREAK_COLUMNS = (
    DAY,
    TABLE,
    METRIC,
    Column("version_before", "version before"),
    Column("version", "version from then on"),
)
CHECK_COLUMNS = (
    Column("asset", "table", Kind.TEXT),
    Column("check_name", "check", Kind.TEXT),
    Column("outcome", "outcome", Kind.TEXT),
    Column("evaluated_at", "when", Kind.MOMENT),
    Column("description", "what it says", Kind.TEXT),
)


def quality(facts: PlatformFacts) -> Chapter:
    """The chapter about the data."""
    return Chapter(
        "quality",
        "Data quality",
        [_restatements(facts), _unusual(facts), _breaks(facts), _checks(facts)],
    )


def _restatements(facts: PlatformFacts) -> Subject:
    counts = (
        facts.restatements.group_by("date", "reasons")
        .agg(pl.col("changes").sum())
        .pivot("reasons", index="date", values="changes", sort_columns=True)
    )
    calendar = pl.DataFrame({"date": pl.Series(list(facts.days), dtype=pl.Date)})
    per_day = calendar.join(counts, on="date", how="left").sort("date")
    lines = coloured([name for name in per_day.columns if name != "date"], REASON_COLOURS)
    chart = (
        Chart(bar_chart(per_day, lines, ()), "Changes of published numbers per day by reason")
        if lines
        else None
    )
    return Subject(
        "restatements",
        "Restated numbers",
        restatement_finding(facts),
        [chart] if chart else [],
        [
            Table(
                "restatements",
                "Changes of published numbers per day and reason",
                facts.restatements,
                RESTATEMENT_COLUMNS,
                is_newest_first=True,
                most_rows=ROWS_SHOWN,
            ),
            Table(
                "restated_metrics",
                "Restated numbers of the platform",
                facts.restated_metrics,
                METRIC_COLUMNS,
                is_newest_first=True,
                most_rows=ROWS_SHOWN,
            ),
            Table(
                "source_changes",
                "Rows that came or went after a day was read",
                facts.source_changes,
                CHANGE_COLUMNS,
                is_newest_first=True,
                most_rows=ROWS_SHOWN,
            ),
        ],
        terms=[("restated", RESTATED)],
        is_wide=True,
    )


def restatement_finding(facts: PlatformFacts) -> str:
    """How often numbers were restated, and whether anything is unexplained."""
    rows = facts.restatements
    if rows.is_empty():
        return "No number of these days was restated."
    days = sorted(rows["date"].unique())
    changes = count_of(int(rows["changes"].sum()), "change")
    amounts = rows.group_by("reasons").agg(pl.col("changes").sum()).sort("reasons").rows()
    reasons = "; ".join(f"{reason}: {number(amount)}" for reason, amount in amounts)
    told = (
        f"{changes} of published numbers of {count_of(len(days), 'day')} "
        f"({days_in_words(days)}; {reasons}), "
        f"{number(int(rows['were_final'].sum()))} of them after the day was final."
    )
    is_unexplained = pl.col("reasons").str.contains(Reason.UNEXPLAINED.value, literal=True)
    unexplained = int(rows.filter(is_unexplained)["changes"].sum())
    return f"{told} {number(unexplained)} without an explanation." if unexplained else told


def _unusual(facts: PlatformFacts) -> Subject:
    return Subject(
        "unusual_volumes",
        "Days unlike their past",
        unusual_finding(facts),
        tables=[Table("unusual_volumes", "Unusual amounts", facts.unusual, UNUSUAL_COLUMNS)],
        terms=[("usual", USUAL)],
    )


def unusual_finding(facts: PlatformFacts) -> str:
    """How many amounts are unlike the same weekdays before."""
    days = sorted(facts.unusual["date"].unique())
    if not days:
        return "No headline number of these days is unlike the same weekdays before."
    amounts = count_of(facts.unusual.height, "amount")
    return f"{amounts} unlike the same weekdays before: {days_in_words(days)}."


def _breaks(facts: PlatformFacts) -> Subject:
    breaks = facts.series_breaks
    names = ", ".join(sorted(breaks["metric_name"].unique()))
    return Subject(
        "series_breaks",
        "Changed definitions",
        f"From another version on in these days: {names}."
        if names
        else "Every number of these days is of one version throughout.",
        tables=[Table("series_breaks", "Changed definitions", breaks, BREAK_COLUMNS)],
    )


def _checks(facts: PlatformFacts) -> Subject:
    return Subject(
        "checks",
        "Checks: reconciliation, counters, volume, files",
        checks_finding(facts),
        tables=[Table("checks", "Newest result of every check", facts.checks, CHECK_COLUMNS)],
        is_wide=True,
    )


def checks_finding(facts: PlatformFacts) -> str:
    """How many of the checks that ever ran passed when they last did."""
    checks = facts.checks
    if checks.is_empty():
        return "No check has run yet."
    is_unfinished = pl.col("outcome") == CheckOutcome.UNFINISHED.value
    unfinished, ended = checks.filter(is_unfinished), checks.filter(~is_unfinished)
    failed = ended.filter(pl.col("outcome") != CheckOutcome.PASSED.value)
    passed = number(ended.height - failed.height)
    told = f"{passed} of {count_of(ended.height, 'check')} passed when they last ran"
    if not failed.is_empty():
        names = ", ".join(
            f"{name} of {asset}" for asset, name in failed.select("asset", "check_name").rows()
        )
        told += f"; not: {names}"
    if not unfinished.is_empty():
        # In the queue, at work or stopped: nothing is said of what they are about.
        told += f"; of {number(unfinished.height)} more there is no result yet"
    return f"{told}."
