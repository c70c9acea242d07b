"""Days that can be run: from the first partition to today."""

from datetime import date

from schema.errors import UsageError
from schema.windows import DayRange


def refuse_unknown_days(days: DayRange, *, first_day: date, today: date) -> None:
    """Refuse days that have no partition.

    Raises:
        UsageError: the range starts before the first partition or ends in the future.
    """
    if days.last > today:
        raise UsageError(f"{days.last} is in the future: today is {today} (UTC)")
    if days.first < first_day:
        raise UsageError(
            f"{days.first} lies before the first partition, {first_day}: "
            "set SOCIALLIVE_FIRST_DAY to an earlier day"
        )
