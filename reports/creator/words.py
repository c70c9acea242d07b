"""Numbers, days and periods as a creator's report says them."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import groupby

from reports.creator.model import Period, ReportPeriod, Usual
from schema.windows import DayRange, consecutive

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MINUS = "\N{MINUS SIGN}"
# A number and what it counts stay on one line where the line is short.
TIED = "\N{NO-BREAK SPACE}"
PERIOD_NAMES = {Period.DAY: "day", Period.WEEK: "week", Period.MONTH: "four weeks"}
THIS_PERIOD = {Period.DAY: "this day", Period.WEEK: "this week", Period.MONTH: "these four weeks"}
WITHIN_PERIOD = {
    Period.DAY: "on this day",
    Period.WEEK: "this week",
    Period.MONTH: "in these four weeks",
}
# From here on "3.2 times as many" is read more easily than "220 % more".
TIMES_FROM = 3
# An age below so many days is told in hours.
LEAST_DAYS = 2

NUMBER_NAMES = {
    "post_impressions": "Impressions",
    "post_engagements": "Engagements",
    "total_likes": "Likes",
    "total_comments": "Comments",
    "total_shares": "Shares",
    "followers_gained": "Followers gained",
    "followers_lost": "Followers lost",
    "profile_views": "Profile views",
}
TYPE_NAMES = {
    "LIKE": "Likes",
    "COMMENT": "Comments",
    "SHARE": "Shares",
    "SAVE": "Saves",
    "CLICK": "Clicks",
}


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number of things: `1 week`, `1,200 weeks`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def exact(number: Fraction | Decimal, digits: int = 1) -> str:
    """A number with at most that many digits after the point, and none that say nothing."""
    rounded = round(Fraction(number) * 10**digits)
    text = f"{Decimal(rounded).scaleb(-digits):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def amount(number: Decimal) -> str:
    """A signed amount with two digits."""
    return f"{number:+,.2f}".replace("-", MINUS)


def percent(share: Fraction) -> str:
    """A share with one digit: `4.2 %`."""
    return f"{exact(share * 100)}{TIED}%"


def compact(number: int) -> str:
    """A number short enough for an axis: `950`, `12k`, `1.5M`, `788M`."""
    for unit, size in (("bn", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= size and not (unit == "k" and number < 10**4):
            digits = 0 if number >= 100 * size else 1
            return f"{exact(Fraction(number, size), digits)}{unit}"
    return f"{number:,}"


def long_day(day: date) -> str:
    """`25 November 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """`25 Nov`."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


@lru_cache(maxsize=1024)
def table_day(day: date) -> str:
    """`Wed 25 Nov`."""
    return f"{WEEKDAYS[day.weekday()][:3]} {short_day(day)}"


def full_day(day: date) -> str:
    """`Wed 25 Nov 2026`."""
    return f"{table_day(day)} {day.year}"


def span(days: DayRange) -> str:
    """`25 November 2026`, `19 to 25 November 2026`, `29 October to 25 November 2026`."""
    first, last = days.first, days.last
    if first == last:
        return long_day(last)
    start = str(first.day)
    if (first.year, first.month) != (last.year, last.month):
        start += f" {MONTHS[first.month - 1]}"
    if first.year != last.year:
        start += f" {first.year}"
    return f"{start} to {long_day(last)}"


def short_span(days: DayRange) -> str:
    """`25 Nov`, `19 to 25 Nov`, `29 Oct to 25 Nov`."""
    first, last = days.first, days.last
    if first == last:
        return short_day(last)
    start = str(first.day) if first.month == last.month else short_day(first)
    return f"{start} to {short_day(last)}"


def spans(days: Iterable[date]) -> str:
    """Days in words, neighbours joined: `19 Nov and 22 to 25 Nov`."""
    return listed([short_span(days) for days in consecutive(sorted(days))])


def listed(parts: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def usual_range(usual: Usual, period: ReportPeriod) -> str:
    """`120 to 180 in each of the 4 weeks before`; beside 28 days, `…, times 4`."""
    if not usual.highest:
        return f"none {weeks_before(usual.weeks, period)}"
    same = usual.lowest == usual.highest
    several = f"{usual.lowest:,}" if same else f"{usual.lowest:,} to {usual.highest:,}"
    times = ", times 4" if period.period is Period.MONTH else ""
    return f"{several} {weeks_before(usual.weeks, period, 'each of the')}{times}"


def weeks_before(weeks: int, period: ReportPeriod, which: str = "the") -> str:
    """What a number is compared with; of one day, that weekday alone."""
    if period.period is not Period.DAY:
        return "in the week before" if weeks == 1 else f"in {which} {weeks} weeks before"
    weekday = WEEKDAYS[period.last.weekday()]
    return f"on the {weekday} before" if weeks == 1 else f"on {which} {weeks} {weekday}s before"


def elapsed(hours: int) -> str:
    """An age: `40 hours`, `3 days`, `3 days and 4 hours`."""
    days, rest = divmod(hours, 24)
    if days < LEAST_DAYS:
        return counted(hours, "hour")
    return counted(days, "day") + (f" and {counted(rest, 'hour')}" if rest else "")


def hour_spans(hours: Iterable[int]) -> str:
    """Hours of a day, neighbours joined: `7 to 9, 18 to 22` (until the end of the last hour)."""
    runs = groupby(enumerate(sorted(hours)), lambda pair: pair[1] - pair[0])
    told = ([hour for _, hour in run] for _, run in runs)
    return ", ".join(f"{run[0]} to {run[-1] + 1}" for run in told)
