"""Some metrics over the days of an overview, and what to say about the newest of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from reports.overview.facts import DAYS_OF_WEEK, WEEKS_COMPARED, PlatformFacts
from reports.overview.series import (
    Series,
    is_blank,
    is_level_at_zero,
    newest,
    side_by_side,
    value_on,
)
from reports.overview.words import Number, change_in_words, number, per_cent

ONE_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Daily:
    """`wide` has the days shown and those before that they are compared with."""

    facts: PlatformFacts
    wide: pl.DataFrame

    @property
    def shown(self) -> pl.DataFrame:
        """The days of the overview, published or not."""
        return self.wide.filter(pl.col("date") >= self.facts.days.first)

    @property
    def told(self) -> pl.DataFrame:
        """Those of them that findings speak of."""
        last = self.facts.last_day
        return self.shown.filter(pl.col("date") <= last) if last else self.shown

    @property
    def columns(self) -> list[str]:
        """Names of the numbers."""
        return [column for column in self.wide.columns if column != "date"]

    @property
    def is_blank(self) -> bool:
        """Whether there is not a single number to be shown."""
        return is_blank(self.shown, self.columns)

    @property
    def is_drawable(self) -> bool:
        """Whether a chart would show more than its axes."""
        return not is_level_at_zero(self.shown, self.columns)

    def finding(
        self,
        column: str,
        what: str,
        show: Callable[[Decimal | int], str] = number,
        changed: Callable[[Decimal | int, Decimal | int], str] = change_in_words,
    ) -> str:
        """The newest number, and how it compares with a week before."""
        found = newest(self.told, column)
        if found is None:
            return f"{what}: none in these days."
        day, value = found
        before = value_on(self.wide, column, day - ONE_WEEK)
        told = f"{what} on {self.facts.named(day)}: {show(value)}"
        if before is None:
            return f"{told}. There is no week before to compare with."
        return f"{told}, {changed(value, before)} a week before ({show(before)})."

    def share_finding(self, column: str, what: str) -> str:
        """The same for a share: what changed is told in points."""
        return self.finding(column, what, per_cent, points_in_words)

    def total(self, columns: Sequence[str], last: date, days: int = DAYS_OF_WEEK) -> int | None:
        """Sum of counts over the days that end with one; none where a day was not published."""
        first = last - timedelta(days=days - 1)
        rows = self.wide.filter(pl.col("date").is_between(first, last))
        known = rows.filter(~pl.all_horizontal(pl.col(self.columns).is_null()))
        if known.height < days:
            return None
        return sum(int(known[column].sum()) for column in columns)


def daily(facts: PlatformFacts, series: Series) -> Daily:
    """Put the metrics of the overview's days, and of the weeks before, side by side."""
    days = facts.days.preceded_by(DAYS_OF_WEEK * WEEKS_COMPARED)
    return Daily(facts, side_by_side(facts.metrics, days, series))


def points_in_words(share: Number, before: Number) -> str:
    """How a share compares with one before, in percentage points."""
    points = 100 * (Fraction(share) - Fraction(before))
    if not points:
        return "the same as"
    return f"{number(abs(points), 1)} points {'more' if points > 0 else 'less'} than"
