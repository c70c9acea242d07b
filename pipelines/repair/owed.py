"""What an installation owes by now: days that have ended, and reports about them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

import dagster as dg

from assets.resources.lake import Lake
from assets.resources.whole_days import was_whole
from pipelines.schedules import period_key
from reports.creator.definitions import NAMES
from reports.creator.model import Period, ReportPeriod
from reports.creator.report_days import find_report_days
from reports.held_days import refuse_held_days
from schema.errors import CorruptPartitionError, HeldDayError, MissingPartitionError
from schema.windows import ONE_DAY, DayRange, consecutive, start_of, whole_month

# Published days begin with the first day of these numbers; before it lies history.
NUMBERS = "user_analytics"
# The table whose extraction tells when a day was read.
FACTS = "user_engagement"

DueReports: TypeAlias = Mapping[Period, Sequence[date]]


@dataclass(frozen=True, slots=True)
class OwedDays:
    """Days since the first published one that every table should have by now."""

    lake: Lake
    tables: Sequence[str]
    lookback_days: int

    def missing(self, now: datetime, *, after: timedelta) -> dict[date, list[str]]:
        """Days of the lookback that ended that long ago, and the tables that do not have them."""
        last = (now - after).date() - ONE_DAY
        begun = self.first()
        first = now.date() - timedelta(days=max(self.lookback_days, 1))
        if begun is None or last < max(first, begun):
            return {}
        return self._lacking(DayRange(max(first, begun), last))

    def is_first_missing(self, day: date) -> bool:
        """Whether no day of the lookback before this one is missing."""
        return not self.missing(start_of(day), after=timedelta(0))

    def older_gaps(self, now: datetime) -> list[DayRange]:
        """Days before the lookback without numbers, oldest first: nothing runs them by itself.

        Those that days of the lookback continue wait for these: until then they are one gap.
        """
        known = set(self.lake.published_days(NUMBERS))
        last = now.date() - timedelta(days=max(self.lookback_days, 1) + 1)
        if not known or last < min(known):
            return []
        gaps = consecutive([day for day in DayRange(min(known), last) if day not in known])
        return [gap for gap in gaps if gap.last < last or last + ONE_DAY in known]

    def first(self) -> date | None:
        """First day with numbers; none where nothing was ever published."""
        return next(iter(self.lake.published_days(NUMBERS)), None)

    def _lacking(self, days: DayRange) -> dict[date, list[str]]:
        lacking = {
            table: set(self.lake.missing_days(table, days)) for table in (*self.tables, FACTS)
        }
        lacking[FACTS] |= {day for day in days if self._was_cut_short(day)}
        tables = {day: [t for t in lacking if day in lacking[t]] for day in days}
        return {day: missing for day, missing in tables.items() if missing}

    def _was_cut_short(self, day: date) -> bool:
        """Whether a day was read before it had ended, and never since."""
        with suppress(CorruptPartitionError):
            return not was_whole(self.lake, day)
        return False


def ended_periods(period: Period, today: date, *, lookback_days: int) -> list[date]:
    """Partitions of periods that ended within the lookback, oldest first; the last one always."""
    days = DayRange(today - timedelta(days=max(lookback_days, 1)), today - ONE_DAY)
    keys = {date.fromisoformat(period_key(period, day)) for day in days}
    newest = date.fromisoformat(period_key(period, today))
    before = date.fromisoformat(period_key(period, newest - ONE_DAY))
    return sorted(key for key in {*keys, before} if last_day(period, key) < today)


def last_day(period: Period, key: date) -> date:
    """The day with which a partition of reports ends."""
    if period is Period.WEEK:
        return key + timedelta(days=6)
    return key if period is Period.DAY else whole_month(key).last


def why_not_ready(
    lake: Lake, instance: dg.DagsterInstance, period: Period, key: date
) -> str | None:
    """Why reports cannot be written yet: days that are not there, not whole, or held by a check."""
    asked = ReportPeriod(period, last_day(period, key))
    try:
        cut_short = find_report_days(lake, asked).cut_short
        refuse_held_days(instance, asked.days)
    except MissingPartitionError:
        return f"not all days of {key} are published: run as soon as they are"
    except HeldDayError as error:
        return str(error)
    except CorruptPartitionError:
        # The run says which file it is, and how to mend it.
        return None
    if cut_short:
        return f"{cut_short[0]} was read before it had ended: run as soon as it was read again"
    return None


def due_reports(
    instance: dg.DagsterInstance,
    owed: OwedDays,
    now: datetime,
    *,
    begun_at: datetime | None,
    after: timedelta,
) -> dict[Period, list[date]]:
    """Unwritten partitions of reports that ended that long ago, oldest first.

    Periods that had ended before the installation began are nobody's debt.
    """
    first = owed.first()
    if begun_at is None or first is None:
        return {}
    begun = max(begun_at, start_of(first))
    return {
        period: [
            key
            for key in _unwritten(instance, period, now, owed.lookback_days)
            if _ended_between(last_day(period, key), begun, now - after)
        ]
        for period in Period
    }


def ready_reports(
    lake: Lake, instance: dg.DagsterInstance, due: DueReports
) -> dict[Period, list[date]]:
    """Those that could have been written by now."""
    return {
        period: [key for key in keys if not why_not_ready(lake, instance, period, key)]
        for period, keys in due.items()
    }


def held_reports(instance: dg.DagsterInstance, due: DueReports) -> dict[Period, dict[date, str]]:
    """Those of which a check refused a day, and its words."""
    return {
        period: {key: why for key in keys if (why := _why_held(instance, period, key))}
        for period, keys in due.items()
    }


def _why_held(instance: dg.DagsterInstance, period: Period, key: date) -> str | None:
    try:
        refuse_held_days(instance, ReportPeriod(period, last_day(period, key)).days)
    except HeldDayError as error:
        return str(error)
    return None


def _ended_between(last: date, begun: datetime, until: datetime) -> bool:
    return begun < start_of(last + ONE_DAY) <= until


def _unwritten(
    instance: dg.DagsterInstance, period: Period, now: datetime, lookback_days: int
) -> list[date]:
    written = instance.get_materialized_partitions(dg.AssetKey(NAMES[period]))
    asked = ended_periods(period, now.date(), lookback_days=lookback_days)
    return [key for key in asked if key.isoformat() not in written]
