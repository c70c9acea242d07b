"""What an overview of the platform is made of: small frames, read and counted already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from schema.tables.columns import polars_schema
from schema.tables.system_metrics import SystemMetrics
from schema.windows import DayRange

# Weeks whose same weekday a day is compared with.
WEEKS_COMPARED = 4
DAYS_OF_WEEK = 7
VALUE = pl.Decimal(20, 4)
MOMENT = pl.Datetime("us", "UTC")


class DayState(StrEnum):
    """How far the numbers of a day can be trusted."""

    FINAL = "final"
    PROVISIONAL = "provisional"
    NOT_OVER = "read before it ended"
    MISSING = "missing"


class CheckOutcome(StrEnum):
    """What a check came to when it last ran."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNFINISHED = "came to no result"


METRICS: Mapping[str, pl.DataType] = polars_schema(SystemMetrics)
STATES: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "state": pl.String(),
    "tables": pl.Int64(),
    "missing_tables": pl.String(),
    "rows": pl.Int64(),
    "lag_seconds": VALUE,
}
COHORTS: Mapping[str, pl.DataType] = {
    "cohort": pl.Date(),
    "accounts": pl.Int64(),
    "weeks_later": pl.Int64(),
    "active": pl.Int64(),
    "share": pl.Decimal(5, 4),
}
BOOKINGS: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "table_name": pl.String(),
    "is_final": pl.Boolean(),
    "published_at": MOMENT,
}
RESTATEMENTS: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "table_name": pl.String(),
    "metric_name": pl.String(),
    "reasons": pl.String(),
    "changes": pl.Int64(),
    "were_final": pl.Int64(),
    "restated_at": MOMENT,
}
RESTATED_METRICS: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "metric_name": pl.String(),
    "tags": pl.String(),
    "old_value": VALUE,
    "new_value": VALUE,
    "reasons": pl.String(),
    "was_final": pl.Boolean(),
    "restated_at": MOMENT,
}
SOURCE_CHANGES: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "source_table": pl.String(),
    "reason": pl.String(),
    "row_count": pl.Int64(),
    "changed_at": MOMENT,
}
SERIES_BREAKS: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "table_name": pl.String(),
    "metric_name": pl.String(),
    "version_before": pl.Int64(),
    "version": pl.Int64(),
}
UNUSUAL: Mapping[str, pl.DataType] = {
    "date": pl.Date(),
    "series": pl.String(),
    "amount": pl.Int64(),
    "usual_from": pl.Int64(),
    "usual_to": pl.Int64(),
    "verdict": pl.String(),
}
CHECKS: Mapping[str, pl.DataType] = {
    "asset": pl.String(),
    "check_name": pl.String(),
    "outcome": pl.String(),
    "evaluated_at": MOMENT,
    "description": pl.String(),
}


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """Everything that an overview of `days` shows; the frames have the columns named above.

    `metrics` reaches WEEKS_COMPARED weeks further back, for comparison only; days that were not
    published are not in it. `cohorts` has no group of too few accounts: `small_cohorts` says how
    many were left out. `popular` and `highlighted` are of the newest day that has them.
    """

    days: DayRange
    metrics: pl.DataFrame
    states: pl.DataFrame
    cohorts: pl.DataFrame
    small_cohorts: int
    popular: pl.DataFrame
    highlighted: pl.DataFrame
    restatements: pl.DataFrame
    restated_metrics: pl.DataFrame
    source_changes: pl.DataFrame
    series_breaks: pl.DataFrame
    unusual: pl.DataFrame
    checks: pl.DataFrame

    @property
    def published(self) -> Sequence[date]:
        """Days shown that have numbers, oldest first."""
        return self.days_in(DayState.FINAL, DayState.PROVISIONAL, DayState.NOT_OVER)

    @property
    def unsettled(self) -> Sequence[date]:
        """Days shown whose numbers can still change, oldest first."""
        return self.days_in(DayState.PROVISIONAL, DayState.NOT_OVER)

    @property
    def last_day(self) -> date | None:
        """The newest published day, of those that had ended when they were read if there are any.

        Half a day beside whole ones would mislead: it is shown, and not spoken of.
        """
        whole = self.days_in(DayState.FINAL, DayState.PROVISIONAL)
        days = whole or self.published
        return days[-1] if days else None

    def days_in(self, *states: DayState) -> Sequence[date]:
        """Days shown that are in one of the states, oldest first."""
        is_wanted = pl.col("state").is_in([state.value for state in states])
        return self.states.filter(is_wanted)["date"].to_list()

    def named(self, day: date) -> str:
        """A day, marked when its numbers can still change."""
        states = dict(self.states.select("date", "state").iter_rows())
        state = states.get(day, DayState.FINAL.value)
        return f"{day} ({state})" if day in self.unsettled else f"{day}"

    @property
    def shown_metrics(self) -> pl.DataFrame:
        """Published numbers of the days shown, without those that are for comparison."""
        return self.metrics.filter(pl.col("date").is_between(self.days.first, self.days.last))
