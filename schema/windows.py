"""UTC calendar days as half-open windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from schema.errors import UsageError

ONE_DAY = timedelta(days=1)
# Days that can be asked for. No month of engagement is made before 1970; what is counted of a day
# looks at days around it, which the ends of Python's calendar lack.
EARLIEST_DAY, LATEST_DAY = date(1970, 1, 1), date(9998, 12, 31)


def parse_day(text: str) -> date:
    """Read a day as people write it.

    Raises:
        UsageError: the text is not a calendar day written YYYY-MM-DD, or a day too far off.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or text != day.isoformat():
        raise UsageError(f"{text!r} is not a date: write it as YYYY-MM-DD, for example 2026-11-21")
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise UsageError(f"{day} is too far off: choose a day from {EARLIEST_DAY} to {LATEST_DAY}")
    return day


def start_of(day: date) -> datetime:
    """First instant of the day, in UTC."""
    return datetime.combine(day, time.min, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DayRange:
    """Consecutive UTC days, first and last included; as instants `[start, end)`."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a range that ends before it starts."""
        if self.last < self.first:
            raise UsageError(f"the range ends ({self.last}) before it starts ({self.first})")

    def __iter__(self) -> Iterator[date]:
        """Every day, oldest first."""
        return (self.first + timedelta(days=n) for n in range(len(self)))

    def __len__(self) -> int:
        """Number of days."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        """The day, or the first and the last one."""
        return str(self.first) if len(self) == 1 else f"{self.first} to {self.last}"

    def __contains__(self, day: object) -> bool:
        """Whether the day lies in the range."""
        return isinstance(day, date) and self.first <= day <= self.last

    @property
    def start(self) -> datetime:
        """First instant, included."""
        return start_of(self.first)

    @property
    def end(self) -> datetime:
        """First instant after the range, excluded."""
        return start_of(self.last + ONE_DAY)

    def preceded_by(self, days: int) -> "DayRange":
        """The same range, begun that many days earlier."""
        return DayRange(self.first - timedelta(days=days), self.last)

    def chunks(self, days: int) -> Iterator["DayRange"]:
        """Consecutive pieces of at most that many days, oldest first."""
        first = self.first
        while first <= self.last:
            last = min(first + timedelta(days=days - 1), self.last)
            yield DayRange(first, last)
            first = last + ONE_DAY


def whole_month(month: date) -> DayRange:
    """All days of the month that begins on that day."""
    after = (month + timedelta(days=31)).replace(day=1)
    return DayRange(month, after - ONE_DAY)


def consecutive(days: list[date]) -> list[DayRange]:
    """Group sorted days into ranges without gaps."""
    ranges: list[DayRange] = []
    for day in days:
        if ranges and (day - ranges[-1].last).days == 1:
            ranges[-1] = DayRange(ranges[-1].first, day)
        else:
            ranges.append(DayRange(day, day))
    return ranges
