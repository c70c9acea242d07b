"""Daily partitions of every table, in UTC, and the history that a day's numbers look back on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

import dagster as dg

from schema.errors import UnknownPartitionError
from schema.windows import DayRange

if TYPE_CHECKING:
    from dagster._core.definitions.partitions.subset import PartitionsSubset
    from dagster._core.instance.types import DynamicPartitionsStore

# 30-day actives and 30-day retention look this far back from D.
HISTORY_DAYS = 30
# The rollups of that history look back in turn, on accounts created in the week that ends with D.
SOURCE_HISTORY_DAYS = HISTORY_DAYS + 6
# Dagster's tags of runs.
PARTITION = "dagster/partition"
START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


class FromFirst(dg.TimeWindowPartitionsDefinition):
    """Of a range that begins before the first partition, the partitions that there are.

    Dagster looks up the inputs of a run before its step can refuse the range, and would fail there.
    A run without partitions is refused where that begins.
    """

    def empty_subset(self) -> "PartitionsSubset":
        """None of the partitions, to which Dagster adds those of the run: it fails without any.

        Raises:
            dagster.Failure: a step with partitions is at work, and its run names none.
        """
        try:
            context = dg.AssetExecutionContext.get()
        except dg.DagsterInvariantViolationError:
            return super().empty_subset()
        if context.has_assets_def and context.assets_def.partitions_def is not None:
            _refuse_none(context, context.assets_def.partitions_def)
        return super().empty_subset()

    def get_partition_keys_in_range(
        self, partition_key_range: dg.PartitionKeyRange
    ) -> Sequence[str]:
        """Keys from the first partition on, none before it."""
        first, asked = self.get_first_partition_key(), partition_key_range
        if first is None or asked.end < first:
            return []
        known = dg.PartitionKeyRange(max(asked.start, first), asked.end)
        return super().get_partition_keys_in_range(known)


class WeeklyPartitions(FromFirst, dg.WeeklyPartitionsDefinition):
    """Weekly partitions."""


class MonthlyPartitions(FromFirst, dg.MonthlyPartitionsDefinition):
    """Monthly partitions."""


class DailyPartitions(FromFirst, dg.DailyPartitionsDefinition):
    """Daily partitions, listed once: Dagster asks for all keys since the first for each table.

    With the days of 17 years that took a quarter of a run.
    """

    def get_partition_keys(
        self,
        current_time: datetime | None = None,
        dynamic_partitions_store: "DynamicPartitionsStore | None" = None,
    ) -> Sequence[str]:
        """All days up to the current one."""
        with dg.partition_loading_context(current_time, dynamic_partitions_store):
            return list(_keys_up_to(self, self.get_last_partition_key()))


@lru_cache(maxsize=4)
def _keys_up_to(days: DailyPartitions, _last: str | None) -> tuple[str, ...]:
    return tuple(super(DailyPartitions, days).get_partition_keys())


def daily_partitions(first_day: date) -> dg.DailyPartitionsDefinition:
    """One partition per UTC day; today's exists too, and is provisional until it has ended.

    Tables depend on each other day by day, although many look back on days before: each step
    publishes the history that it lacks, and Dagster would split a backfill into a run per step, and
    widen it by the days that look back on the asked ones.
    """
    return DailyPartitions(start_date=first_day.isoformat(), end_offset=1)


def selected_days(context: dg.AssetExecutionContext) -> DayRange:
    """Days that this run materializes.

    Raises:
        dagster.Failure: it names no days, or some that have no partition.
    """
    keys = selected_partitions(context)
    return DayRange(date.fromisoformat(keys[0]), date.fromisoformat(keys[-1]))


def selected_partitions(context: dg.AssetExecutionContext) -> Sequence[str]:
    """Keys of the partitions that this run materializes.

    Dagster takes them from the run's tags as they are, days of the future included.

    Raises:
        dagster.Failure: it names none, or some that do not exist.
    """
    partitions = context.assets_def.partitions_def
    if partitions is None:
        raise TypeError(f"{context.assets_def.node_def.name} has no partitions")
    _refuse_none(context, partitions)
    asked = context.partition_key_range
    for key in (asked.start, asked.end):
        if not partitions.has_partition_key(key):
            _refuse(f"there is no partition {key}", partitions)
    if asked.end < asked.start:
        told = f"the range ends ({asked.end}) before it starts ({asked.start})"
        _refuse(told, partitions)
    keys: Sequence[str] = context.partition_keys
    return keys


def _refuse_none(context: dg.AssetExecutionContext, partitions: dg.PartitionsDefinition) -> None:
    if not (context.has_partition_key or context.has_partition_key_range):
        _refuse("this run has no partition", partitions)


def _refuse(told: str, partitions: dg.PartitionsDefinition) -> NoReturn:
    first, last = partitions.get_first_partition_key(), partitions.get_last_partition_key()
    error = UnknownPartitionError(
        f"{told}: choose partitions from {first} to {last} (SOCIALLIVE_FIRST_DAY sets the first)"
    )
    raise dg.Failure(description=str(error), allow_retries=False) from error


def tags_of_days(days: DayRange) -> dict[str, str]:
    """Tags of a run of these days; lists of runs show the one of a day, and `days` of a range."""
    first, last = days.first.isoformat(), days.last.isoformat()
    # Of one day, Dagster looks up what a check is about; of a range, for each result, all days
    # that there are.
    return {PARTITION: first} if first == last else {START: first, END: last, "days": str(days)}


def days_of_run(tags: Mapping[str, str]) -> DayRange | None:
    """Days that a run is about, for steps without partitions; none where it has no days."""
    first = tags.get(START) or tags.get(PARTITION)
    last = tags.get(END) or first
    if first is None or last is None:
        return None
    return DayRange(date.fromisoformat(first), date.fromisoformat(last))


def history_before(days: DayRange, *, first_day: date, length: int = HISTORY_DAYS) -> list[date]:
    """Days before the range that its numbers look at, none before the first partition."""
    earlier = (days.first - timedelta(days=n) for n in range(length, 0, -1))
    return [day for day in earlier if day >= first_day]


def days_around(days: DayRange, *, lookback: int, first_day: date) -> DayRange:
    """The range, the days before it to look at again, and the days after that look back on it."""
    first = max(days.first - timedelta(days=lookback), min(first_day, days.first))
    return DayRange(first, days.last + timedelta(days=HISTORY_DAYS))


def with_history(days: DayRange, *, first_day: date) -> DayRange:
    """The range together with the history that its numbers look at."""
    return DayRange(max(days.first - timedelta(days=HISTORY_DAYS), first_day), days.last)
