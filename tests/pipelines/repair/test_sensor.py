from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.partitions import HISTORY_DAYS, daily_partitions
from pipelines.past_runs import find_runs
from pipelines.repair.attempts import MOST_ATTEMPTS, REPAIR_SENSOR, WAITS
from pipelines.repair.sensor import (
    DAYS_AFTER,
    Repairs,
    ended_at,
    repair_sensor,
)
from reports.creator.definitions import NAMES
from reports.creator.model import Period
from schema.errors import ContractError
from schema.windows import DayRange, start_of
from tests.fixtures.past_runs import QUIET, CodeLocation
from tests.fixtures.published_days import PublishedDays

MINUTE = timedelta(minutes=1)


@dataclass
class Mechanic:
    """The sensor with its cursor, at a time that the test chooses."""

    location: CodeLocation
    days: PublishedDays
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    cursor: str | None = None

    def __post_init__(self) -> None:
        daily = self.location.definitions.resolve_job_def("daily")
        repairs = Repairs(self.days.owed(), {period: f"report_each_{period}" for period in Period})
        partitions = daily_partitions(date(2024, 1, 1))

        @dg.asset(name=NAMES[Period.DAY], partitions_def=partitions)
        def reports() -> None: ...

        jobs: list[Any] = [
            daily,
            *(dg.define_asset_job(f"report_each_{p}", [reports.key]) for p in Period),
        ]
        sensor = repair_sensor(repairs, jobs, clock=lambda: self.now)
        self.repository = dg.Definitions(
            assets=[reports], jobs=jobs, sensors=[sensor], executor=dg.in_process_executor
        ).get_repository_def()

    def look(self, *, later: timedelta = MINUTE) -> Sequence[dg.RunRequest]:
        """One evaluation, that much later than the last one."""
        self.now += later
        with dg.build_sensor_context(
            self.location.instance, self.cursor, repository_def=self.repository
        ) as context:
            done = self.repository.get_sensor_def(REPAIR_SENSOR).evaluate_tick(context)
        self.cursor = done.cursor
        return done.run_requests or []

    def look_twice(self) -> list[str]:
        """What is asked for when it is missing still."""
        self.look()
        return [asked_days(request) for request in self.look()]


def asked_days(request: dg.RunRequest) -> str:
    first = request.partition_key or request.tags["dagster/asset_partition_range_start"]
    last = request.partition_key or request.tags["dagster/asset_partition_range_end"]
    return f"{request.job_name} {first} {last}"


def ago(days: int) -> date:
    """Runs bear the machine's time. Just after midnight, the day before is not owed yet."""
    return (datetime.now(UTC) - DAYS_AFTER).date() - timedelta(days=days)


@pytest.fixture
def mechanic(tmp_path: Path) -> Iterator[Mechanic]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Mechanic(CodeLocation(instance), PublishedDays(tmp_path))


def test_where_nothing_is_missing_nothing_is_asked_for(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(1))

    assert mechanic.look_twice() == []


def test_a_gap_of_days_is_one_run_once_the_schedules_have_had_their_turn(
    mechanic: Mechanic,
) -> None:
    mechanic.days.publish(ago(9), ago(4))

    first = mechanic.look()
    second = mechanic.look()

    assert first == []
    assert [asked_days(request) for request in second] == [f"daily {ago(3)} {ago(1)}"]


def test_the_day_that_the_daily_run_left_follows_the_gap_within_minutes(
    mechanic: Mechanic,
) -> None:
    mechanic.days.publish(date(2024, 3, 1), date(2024, 3, 9))
    mechanic.now = datetime(2024, 3, 12, 0, 29, tzinfo=UTC)

    gap = mechanic.look_twice()
    mechanic.days.publish(date(2024, 3, 10))
    day = [mechanic.look_twice() for _ in range(4)]

    assert gap == ["daily 2024-03-10 2024-03-10"]
    assert day == [[], [], ["daily 2024-03-11 2024-03-11"], ["daily 2024-03-11 2024-03-11"]]


def test_after_a_pause_the_schedules_have_their_turn_again(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(4))
    mechanic.look()

    assert mechanic.look(later=timedelta(hours=8)) == []
    assert len(mechanic.look()) == 1


def test_a_cursor_that_is_none_of_ours_is_like_none(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(2))
    mechanic.cursor = '{"at": 1}'

    assert len(mechanic.look_twice()) == 1


def test_while_a_run_of_the_days_is_in_progress_nothing_is_asked_for(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(2))
    job = mechanic.location.definitions.resolve_job_def("daily")
    running = mechanic.location.instance.create_run_for_job(
        job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": str(ago(1))}
    )

    waiting = mechanic.look_twice()
    mechanic.location.instance.report_run_canceled(running)
    canceled_just_now = mechanic.look_twice()
    mechanic.now += timedelta(minutes=15)

    assert (waiting, canceled_just_now) == ([], [])
    assert mechanic.look_twice() == [f"daily {ago(1)} {ago(1)}"]


@pytest.mark.parametrize("days_ahead", [0, HISTORY_DAYS])
def test_days_and_history_of_a_run_by_hand_are_left_to_it(
    mechanic: Mechanic, days_ahead: int
) -> None:
    mechanic.days.publish(ago(9), ago(2))
    mechanic.location.instance.create_run_for_job(
        mechanic.location.definitions.resolve_implicit_global_asset_job_def(),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": str(ago(1 - days_ahead))},
    )

    assert mechanic.look_twice() == []


def test_a_day_that_was_given_up_stays_so_when_newer_ones_are_missing(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(2))
    mechanic.location.trouble.error = lambda: ContractError("no")
    for _ in range(MOST_ATTEMPTS):
        mechanic.location.run(ago(1))
    mechanic.now += timedelta(hours=36)

    asked = [request for request in mechanic.look_twice() if request.startswith("daily")]

    assert [request.split()[1] for request in asked] == [str(ago(0))]


def test_what_ran_before_a_partition_had_ended_is_no_attempt_at_it() -> None:
    march = datetime(2024, 3, 1, tzinfo=UTC)

    assert ended_at("day", date(2024, 2, 29)) == march
    assert ended_at("month", date(2024, 2, 1)) == march
    assert ended_at("week", date(2024, 2, 26)) == datetime(2024, 3, 4, tzinfo=UTC)


def test_runs_that_fail_are_repeated_later_each_time_and_in_the_end_no_more(
    mechanic: Mechanic,
) -> None:
    mechanic.days.publish(ago(9), ago(3))
    mechanic.location.trouble.error = lambda: ContractError("no")
    asked, keys = [], set()
    mechanic.days.publish(ago(0), ago(-2))
    for pause in (MINUTE, *WAITS, timedelta(hours=48)):
        mechanic.look(later=pause)
        for request in chain.from_iterable(mechanic.look() for _ in range(2)):
            if request.job_name != "daily":
                continue
            asked.append(asked_days(request))
            keys.add(request.run_key)
            launch(mechanic, request)

    alone = [f"daily {day} {day}" for day in (ago(2), ago(1))]
    assert asked[0] == f"daily {ago(2)} {ago(1)}"
    assert sorted(asked[1:]) == sorted(alone * (MOST_ATTEMPTS - 1))
    assert len(keys) == len(asked)


def launch(mechanic: Mechanic, request: dg.RunRequest) -> None:
    """What the daemon does with a request, as if it had taken until now."""
    first, last = asked_days(request).split()[1:]
    mechanic.location.run(
        date.fromisoformat(first),
        date.fromisoformat(last),
        tags={"dagster/sensor_name": REPAIR_SENSOR},
    )


def test_reports_are_asked_for_as_soon_as_their_days_are_there(mechanic: Mechanic) -> None:
    mechanic.location.run(job="overview_page")
    begun = mechanic.now.date()
    mechanic.now = start_of(begun) + timedelta(hours=36)
    mechanic.days.publish(begun - timedelta(days=9), begun - timedelta(days=1))

    days_first = mechanic.look_twice()
    mechanic.days.publish(begun)
    reports = mechanic.look_twice()

    assert days_first == [f"daily {begun} {begun}"]
    assert f"report_each_day {begun} {begun}" in reports
    assert not [asked for asked in reports if asked.startswith("daily")]


def test_reports_are_asked_for_four_hours_after_their_day_whatever_runs_beside_them(
    mechanic: Mechanic,
) -> None:
    mechanic.location.run(job="overview_page")
    begun = mechanic.now.date()
    mechanic.days.publish(begun - timedelta(days=9), begun + timedelta(days=2))
    mechanic.location.instance.create_run_for_job(
        mechanic.repository.get_job("report_each_day"),
        status=dg.DagsterRunStatus.STARTED,
        tags={"dagster/partition": str(begun + timedelta(days=1))},
    )

    def asked(hours: int, minutes: int) -> list[str]:
        mechanic.now = start_of(begun) + timedelta(days=1, hours=hours, minutes=minutes)
        return mechanic.look_twice()

    report = f"report_each_day {begun} {begun}"
    assert report not in asked(3, 57)
    assert report in asked(4, 0)


def test_a_range_that_is_asked_for_can_be_run_as_it_is(mechanic: Mechanic) -> None:
    mechanic.days.publish(ago(9), ago(4))
    mechanic.look()
    [request] = mechanic.look()

    done = mechanic.location.definitions.resolve_job_def("daily").execute_in_process(
        instance=mechanic.location.instance, tags=dict(request.tags), run_config=QUIET
    )

    assert done.success
    [run] = find_runs(
        mechanic.location.instance, since=mechanic.now - timedelta(days=2), job="daily"
    )
    assert run.days == DayRange(ago(3), ago(1))
    key = dg.AssetKey("numbers")
    assert mechanic.location.instance.get_materialized_partitions(key) == {
        str(day) for day in (ago(3), ago(2), ago(1))
    }
