from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.partitions import (
    HISTORY_DAYS,
    SOURCE_HISTORY_DAYS,
    DailyPartitions,
    MonthlyPartitions,
    WeeklyPartitions,
    daily_partitions,
    days_around,
    days_of_run,
    history_before,
    selected_days,
    selected_partitions,
    with_history,
)
from schema.windows import DayRange

FIRST_DAY = date(2024, 1, 1)
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_there_is_a_partition_per_utc_day_and_one_of_today() -> None:
    partitions = daily_partitions(FIRST_DAY)

    keys = partitions.get_partition_keys(current_time=NOON)

    assert (keys[0], keys[-1]) == ("2024-01-01", "2024-03-01")
    assert len(keys) == 61
    assert partitions.timezone == "UTC"


def test_a_run_materializes_the_days_of_its_range() -> None:
    days: list[DayRange] = []

    @dg.asset(
        partitions_def=daily_partitions(FIRST_DAY),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        days.append(selected_days(context))
        return dg.MaterializeResult()

    for first, last in [("2024-02-28", "2024-03-01"), ("2024-02-29", "2024-02-29")]:
        tags = {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        }
        assert dg.materialize([table], tags=tags).success

    assert days == [
        DayRange(date(2024, 2, 28), date(2024, 3, 1)),
        DayRange(date(2024, 2, 29), date(2024, 2, 29)),
    ]


DAYS = DailyPartitions("2024-01-01")
WEEKS = WeeklyPartitions("2024-01-01", day_offset=1)
MONTHS = MonthlyPartitions("2024-01-01")
# Dagster notes each partition of a range before the run begins: of centuries, for minutes.
NEWEST, SOON = "the newest", str(datetime.now(UTC).date() + timedelta(days=40))
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")


@pytest.mark.parametrize("partitions", [DAYS, WEEKS, MONTHS], ids=["days", "weeks", "months"])
@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({}, "this run has no partition"),
        ({"dagster/partition": "2999-07-01"}, "there is no partition 2999-07-01"),
        ({"dagster/partition": "2023-05-01"}, "there is no partition 2023-05-01"),
        (dict(zip(RANGE, ("2022-08-01", "2023-05-01"), strict=True)), "no partition 2022-08-01"),
        (dict(zip(RANGE, ("2023-05-01", "2024-04-01"), strict=True)), "no partition 2023-05-01"),
        (dict(zip(RANGE, (NEWEST, SOON), strict=True)), f"no partition {SOON}"),
        (dict(zip(RANGE, ("2024-07-01", "2024-04-01"), strict=True)), "ends (2024-04-01) before"),
    ],
    ids=[
        *("none", "after-the-last", "before-the-first", "range-before-the-first"),
        *("from-before-the-first", "beyond-the-last", "reversed"),
    ],
)
def test_a_run_of_partitions_that_do_not_exist_is_refused_in_a_sentence(
    partitions: dg.TimeWindowPartitionsDefinition, tags: dict[str, str], told: str
) -> None:
    @dg.asset(partitions_def=DAYS)
    def source() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult()

    @dg.asset(
        deps=[source], partitions_def=partitions, backfill_policy=dg.BackfillPolicy.single_run()
    )
    def table(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        selected_partitions(context)
        return dg.MaterializeResult()

    newest = partitions.get_last_partition_key() or ""
    with dg.DagsterInstance.ephemeral() as instance:
        # Of inputs that there are, Dagster looks up the partitions before the step can say a word.
        found = dg.AssetMaterialization("source", partition="2024-04-01")
        instance.report_runless_asset_event(found)
        outcome = dg.materialize(
            [source, table],
            selection=[table],
            instance=instance,
            tags={tag: newest if key == NEWEST else key for tag, key in tags.items()},
            raise_on_error=False,
        )

    [failed] = outcome.filter_events(lambda event: event.is_step_failure)
    failure = failed.step_failure_data.user_failure_data
    assert failure is not None
    assert failure.description is not None
    assert told in failure.description
    assert "choose partitions from 2024-01-01 to " in failure.description


def test_history_is_the_thirty_days_before_and_not_the_days_themselves() -> None:
    days = DayRange(date(2024, 3, 1), date(2024, 3, 5))

    history = history_before(days, first_day=FIRST_DAY)

    assert (history[0], history[-1]) == (date(2024, 1, 31), date(2024, 2, 29))
    assert len(history) == HISTORY_DAYS == 30
    assert with_history(days, first_day=FIRST_DAY) == DayRange(history[0], days.last)


def test_sources_reach_back_further_than_what_is_computed_from_them() -> None:
    days = DayRange(date(2024, 3, 1), date(2024, 3, 5))

    history = history_before(days, first_day=FIRST_DAY, length=SOURCE_HISTORY_DAYS)

    assert (history[0], history[-1]) == (date(2024, 1, 25), date(2024, 2, 29))


@pytest.mark.parametrize(("first", "expected"), [(date(2024, 1, 1), 0), (date(2024, 1, 4), 3)])
def test_there_is_no_history_before_the_first_partition(first: date, expected: int) -> None:
    days = DayRange(first, first)

    assert len(history_before(days, first_day=FIRST_DAY)) == expected
    assert with_history(days, first_day=FIRST_DAY) == DayRange(FIRST_DAY, first)


def test_a_run_is_about_its_range_or_its_one_day_or_no_days_at_all() -> None:
    last = {"dagster/asset_partition_range_end": "2024-03-01"}

    in_range = days_of_run({"dagster/asset_partition_range_start": "2024-02-28", **last})

    assert in_range == DayRange(date(2024, 2, 28), date(2024, 3, 1))
    assert days_of_run({"dagster/partition": "2024-02-29"}) == DayRange(
        date(2024, 2, 29), date(2024, 2, 29)
    )
    assert days_of_run({"owner": "data-platform"}) is None


@given(
    first=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    now=st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
@example(first=date(2024, 2, 28), now=datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC))
@example(first=date(2024, 2, 28), now=datetime(2024, 3, 1, tzinfo=UTC))
@settings(max_examples=20, derandomize=True)
def test_the_days_listed_are_those_that_dagster_would_list(first: date, now: datetime) -> None:
    plain = dg.DailyPartitionsDefinition(start_date=first.isoformat(), end_offset=1)

    listed = daily_partitions(first).get_partition_keys(now)

    assert listed == plain.get_partition_keys(now)


def test_a_new_day_is_listed_once_it_has_begun() -> None:
    days = daily_partitions(date(2024, 2, 28))
    before, after = datetime(2024, 2, 28, 23, 59, tzinfo=UTC), datetime(2024, 2, 29, tzinfo=UTC)

    assert days.get_partition_keys(before) == ["2024-02-28"]
    assert days.get_partition_keys(after) == ["2024-02-28", "2024-02-29"]


@pytest.mark.parametrize(
    ("first", "lookback", "expected"),
    [
        (date(2024, 3, 10), 7, DayRange(date(2024, 3, 3), date(2024, 4, 10))),
        (date(2024, 3, 10), 0, DayRange(date(2024, 3, 10), date(2024, 4, 10))),
        (date(2024, 1, 3), 7, DayRange(FIRST_DAY, date(2024, 4, 10))),
        (date(2023, 12, 30), 7, DayRange(date(2023, 12, 30), date(2024, 4, 10))),
    ],
)
def test_a_range_is_looked_at_with_its_lookback_and_the_days_that_look_back_on_it(
    first: date, lookback: int, expected: DayRange
) -> None:
    days = DayRange(first, date(2024, 3, 11))

    assert days_around(days, lookback=lookback, first_day=FIRST_DAY) == expected
