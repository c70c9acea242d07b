"""What an archiving run is to do, month by month, before it does any of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schema.errors import UsageError
from schema.windows import whole_month


class Way(StrEnum):
    """How old engagement of a month gets into the archive."""

    WHOLE = "whole"
    """The month's partition changes parent, with all its rows at once."""
    ROWS = "rows"
    """Rows before the cut-off move one by one: the month goes on, or has no partition."""
    REST = "rest"
    """Most of the month has moved one by one before; its partition follows with what is left."""


@dataclass(frozen=True, slots=True)
class MonthPlan:
    """One month: rows before `until` move one by one, the others change parent together."""

    month: date
    way: Way
    until: date
    moved_rows: int
    attached_rows: int
    size_bytes: int

    @property
    def completes_month(self) -> bool:
        """Whether the month's rows are then all in the archive, and there are any."""
        is_all = self.way is not Way.ROWS or self.until > whole_month(self.month).last
        return is_all and self.moved_rows + self.attached_rows > 0


def archive_cut_off(today: date, before: date | None) -> date:
    """The first day that stays: the given one, or this day a year ago.

    Raises:
        UsageError: the given day is in the future.
    """
    if before is None:
        return a_year_before(today)
    if before > today:
        raise UsageError(
            f"engagement before {before} cannot be archived: the day is in the future. "
            f"Give a day up to today, {today}"
        )
    return before


def a_year_before(day: date) -> date:
    """The same day of the year before; 28 February for a leap day."""
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if is_leap_day else day.day)
