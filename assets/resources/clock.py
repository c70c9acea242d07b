"""The only clock: everything else takes the time as an argument."""

from datetime import UTC, date, datetime


def utc_now() -> datetime:
    """Read the present instant, in UTC."""
    return datetime.now(UTC)


def utc_today() -> date:
    """Read the present UTC calendar day."""
    return utc_now().date()
