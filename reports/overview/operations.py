"""What the overview says about the pipeline itself: what it read, how late, what is still open."""

from decimal import Decimal

import polars as pl

from reports.overview.charts import bar_chart, line_chart
from reports.overview.daily import daily
from reports.overview.facts import DayState, PlatformFacts
from reports.overview.figures import Line
from reports.overview.series import tagged
from reports.overview.subjects import HOURS, Chapter, Chart, Subject
from reports.overview.tables import DAY, Column, Kind, Table, daily_table
from reports.overview.words import count_of, days_in_words, duration, number
from reports.series_colours import AMBER, BLUE, GREY, PINK

# A day whose last table was read for the first time later than this after its end came late.
LATE_SECONDS = 24 * 3_600
SECONDS_OF_HOUR = 3_600
STATE_LINES = [
    Line(DayState.FINAL.value, "final", BLUE),
    Line(DayState.PROVISIONAL.value, "provisional", AMBER),
    Line(DayState.NOT_OVER.value, "read before it ended", PINK),
]
DAY_COLUMNS = (
    DAY,
    Column("state", "numbers are", Kind.TEXT),
    Column("rows", "rows read"),
    Column("lag_seconds", "read whole after, seconds"),
    Column("tables", "tables published"),
    Column("missing_tables", "tables missing", Kind.TEXT),
)


def operations(facts: PlatformFacts) -> Chapter:
    """The chapter about the pipeline."""
    return Chapter("pipeline", "Pipeline health", [_days(facts), _lag(facts)])


def _days(facts: PlatformFacts) -> Subject:
    rows = facts.states.select(
        "date",
        *(
            pl.when(pl.col("state") == line.column).then(pl.col("rows")).alias(line.column)
            for line in STATE_LINES
        ),
    )
    ingested = daily(facts, tagged(facts.metrics, "ingest_rows", ()))
    names = {table: table for table in ingested.columns}
    return Subject(
        "pipeline_days",
        "Days, and rows read",
        days_finding(facts),
        []
        if facts.states["rows"].is_null().all()
        else [Chart(bar_chart(rows, STATE_LINES, ()), "Rows read per day")],
        [
            Table("pipeline_days", "Days", facts.states, DAY_COLUMNS, is_newest_first=True),
            daily_table("ingested_rows", "Rows read per table", ingested.shown, names),
        ],
        ["ingest_rows", "day_final"],
    )


def days_finding(facts: PlatformFacts) -> str:
    """How many days are final, and which are not or are missing."""
    final = len(facts.days_in(DayState.FINAL))
    parts = [f"{final} of {count_of(len(facts.days), 'day')} final"]
    for state in (DayState.PROVISIONAL, DayState.NOT_OVER, DayState.MISSING):
        days = facts.days_in(state)
        if days:
            parts.append(f"{len(days)} {state.value} ({days_in_words(days)})")
    return f"{', '.join(parts)}."


def _lag(facts: PlatformFacts) -> Subject:
    hours = facts.states.select(
        "date", hours=pl.col("lag_seconds").cast(pl.Float64) / SECONDS_OF_HOUR
    )
    chart = line_chart(hours, [Line("hours", "hours", GREY)], (), HOURS)
    return Subject(
        "ingest_lag",
        "How long after its end a day was read",
        lag_finding(facts),
        []
        if facts.states["lag_seconds"].is_null().all()
        else [Chart(chart, "Hours from the end of each day until all of it was read")],
        metrics=["ingest_lag_seconds"],
    )


def lag_finding(facts: PlatformFacts) -> str:
    """The newest day's lag, and how many days came late."""
    was_over = pl.col("state") != DayState.NOT_OVER.value
    known = facts.states.filter(pl.col("lag_seconds").is_not_null() & was_over)
    if known.is_empty():
        return "No day of these was read."
    lag: Decimal = known["lag_seconds"][-1]
    late = known.filter(pl.col("lag_seconds") > LATE_SECONDS).height
    told = f"{known['date'][-1]} was read {duration(lag)} after its end. "
    if not late:
        return f"{told}No day came more than 24 hours late."
    return (
        f"{told}{number(late)} of {count_of(known.height, 'day')} came more than 24 hours after "
        "their end, as days do that are run afterwards."
    )
