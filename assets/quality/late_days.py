"""Days that should have been published by now and are not."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from schema.windows import ONE_DAY, DayRange, consecutive

# The nightly run begins at half past midnight; a large day may take hours.
DUE_AFTER = timedelta(hours=6)
LOOKED_BACK_DAYS = 30


def late_days(published: Iterable[date], now: datetime) -> list[date]:
    """Days of the last month that are due and missing, from the first published one on.

    A platform of which nothing was ever published is new, and nothing of it is late.
    """
    known = set(published)
    if not known:
        return []
    newest_due = (now - DUE_AFTER).date() - ONE_DAY
    first = max(min(known), newest_due - timedelta(days=LOOKED_BACK_DAYS - 1))
    return [day for day in DayRange(first, max(first, newest_due)) if day not in known]


def command_for(days: list[date]) -> str:
    """How to publish them, oldest first."""
    return "; ".join(
        f"sociallive run --from {span.first} --to {span.last}" for span in consecutive(days)
    )


def tell_unlike_books(days: list[date]) -> list[str]:
    """Say which days the lake has not, or not as they were published last, and what mends them."""
    if not days:
        return []
    named = ", ".join(map(str, consecutive(days)))
    return [
        f"Not in the lake as they were published last: {named}.",
        f"No run corrects them before this has published them anew: {command_for(days)}",
    ]
