"""The figures that the overview begins with, beside the same weekday of the weeks before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from reports.overview.facts import DAYS_OF_WEEK, WEEKS_COMPARED, PlatformFacts
from reports.overview.series import Series, side_by_side, tagged, untagged
from reports.overview.words import FEW, change_of, exact_number, number, per_cent, rounded
from schema.windows import DayRange

# Figures of a metric that has one number a day.
SINGLE = {
    "daily_active_users": "Daily active users",
    "weekly_active_users": "Weekly active users",
    "stickiness": "Stickiness",
    "new_users": "New users",
    "posts_created": "Posts",
    "engagement_rate": "Engagement rate",
}
# Figures that sum a metric over its tags; a tag without a number that day has none to add.
SUMMED = {
    "engagement_events": "Engagement events",
    "moderation_pending": "Moderation cases waiting",
}
ORDER = (
    "daily_active_users",
    "weekly_active_users",
    "stickiness",
    "new_users",
    "posts_created",
    "engagement_events",
    "engagement_rate",
    "moderation_pending",
)
SHARES = ("stickiness", "engagement_rate")

Value = int | Decimal


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure of the newest published day that is whole.

    `value` is None where it was not defined. `usual` is the exact mean of the same weekday in
    `weeks` (up to WEEKS_COMPARED) weeks before, None where there was none. `history` has the days
    shown, None where there is no number.
    """

    metric: str
    title: str
    day: date
    value: Value | None
    usual: Fraction | None
    weeks: int
    history: Sequence[Value | None]

    @property
    def is_share(self) -> bool:
        """Whether it is told in per cent."""
        return self.metric in SHARES

    @property
    def change(self) -> Fraction | None:
        """By which share it differs from the usual."""
        if self.value is None or self.usual is None:
            return None
        return change_of(self.value, self.usual)

    def show_usual(self, usual: Fraction) -> str:
        """The usual as it is written: a mean of few may have a decimal."""
        if self.is_share:
            return per_cent(usual)
        return exact_number(rounded(usual, 1)) if usual < FEW else number(usual)

    @property
    def show(self) -> Callable[[Value | Fraction], str]:
        """How its values are written."""
        return per_cent if self.is_share else number


def key_figures(facts: PlatformFacts) -> list[KeyFigure]:
    """The figures of the newest day that is whole; none where no day was published."""
    if facts.last_day is None:
        return []
    parts = {name: _parts(facts.metrics, name) for name in SUMMED}
    series = untagged(*SINGLE)
    for columns in parts.values():
        series |= columns
    days = facts.days.preceded_by(DAYS_OF_WEEK * WEEKS_COMPARED)
    wide = side_by_side(facts.metrics, days, series)
    was_published = pl.any_horizontal(pl.all().exclude("date").is_not_null())
    sums = [
        pl.when(was_published).then(pl.sum_horizontal(pl.lit(0, pl.Int64), *columns)).alias(name)
        for name, columns in parts.items()
    ]
    known = wide.with_columns(sums)
    return [_figure(facts.days, facts.last_day, known, name) for name in ORDER]


def _parts(metrics: pl.DataFrame, name: str) -> Series:
    """A column per tag, named apart from those of other metrics."""
    return {f"{name} {column}": source for column, source in tagged(metrics, name, ()).items()}


def _figure(days: DayRange, day: date, wide: pl.DataFrame, name: str) -> KeyFigure:
    values: dict[date, Value | None] = dict(wide.select("date", name).iter_rows())
    weeks = (values.get(day - timedelta(weeks=week)) for week in range(1, WEEKS_COMPARED + 1))
    before = [Fraction(value) for value in weeks if value is not None]
    return KeyFigure(
        metric=name,
        title=(SINGLE | SUMMED)[name],
        day=day,
        value=values[day],
        usual=sum(before, Fraction(0)) / len(before) if before else None,
        weeks=len(before),
        history=[values[shown] for shown in days],
    )
