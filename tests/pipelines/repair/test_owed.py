from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets.resources.manifest import MANIFEST
from pipelines.definitions import LAKE_TABLES
from pipelines.repair.owed import FACTS, due_reports, ended_periods, ready_reports, why_not_ready
from reports.creator.definitions import NAMES
from reports.creator.model import Period
from schema.windows import DayRange
from tests.fixtures.check_results import record_result
from tests.fixtures.published_days import PublishedDays

HOUR = timedelta(hours=1)
# A Tuesday.
NOW = datetime(2024, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def days(tmp_path: Path) -> PublishedDays:
    return PublishedDays(tmp_path)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_where_nothing_was_ever_published_nothing_is_owed(days: PublishedDays) -> None:
    assert days.owed().missing(NOW, after=HOUR) == {}
    assert days.owed().older_gaps(NOW) == []


@pytest.mark.parametrize("table", ["post_scores", FACTS])
def test_a_day_is_missing_as_soon_as_one_table_lacks_it(days: PublishedDays, table: str) -> None:
    days.publish(date(2024, 3, 1), date(2024, 3, 4))
    days.retract(date(2024, 3, 2), [table])

    assert days.owed().missing(NOW, after=HOUR) == {date(2024, 3, 2): [table]}


def test_days_are_owed_from_the_first_published_one_on_and_within_the_lookback(
    days: PublishedDays,
) -> None:
    days.publish(date(2024, 3, 1))

    within = days.owed(lookback_days=7).missing(NOW, after=HOUR)
    short = days.owed(lookback_days=2).missing(NOW, after=HOUR)

    assert list(within) == [date(2024, 3, 2), date(2024, 3, 3), date(2024, 3, 4)]
    assert list(short) == [date(2024, 3, 3), date(2024, 3, 4)]
    assert list(days.owed(lookback_days=0).missing(NOW, after=HOUR)) == [date(2024, 3, 4)]


def test_a_day_is_owed_some_time_after_its_end(days: PublishedDays) -> None:
    days.publish(date(2024, 3, 3))
    midnight = datetime(2024, 3, 5, tzinfo=UTC)

    early = days.owed().missing(midnight + HOUR - timedelta(seconds=1), after=HOUR)
    due = days.owed().missing(midnight + HOUR, after=HOUR)

    assert (list(early), list(due)) == ([], [date(2024, 3, 4)])


def test_before_the_first_published_day_nothing_is_owed(days: PublishedDays) -> None:
    days.publish(date(2024, 3, 4))

    assert days.owed().missing(datetime(2024, 3, 5, 0, 30, tzinfo=UTC), after=HOUR) == {}


def test_a_day_that_was_read_before_its_end_is_owed_still(days: PublishedDays) -> None:
    days.publish(date(2024, 3, 3), date(2024, 3, 4))
    days.read_at(date(2024, 3, 3), hour=25)
    days.read_at(date(2024, 3, 4), hour=15)

    assert days.owed().missing(NOW, after=HOUR) == {date(2024, 3, 4): [FACTS]}


def test_a_day_is_the_first_missing_one_when_every_recent_day_before_it_is_published(
    days: PublishedDays,
) -> None:
    day, before = date(2024, 3, 4), date(2024, 3, 3)
    fresh = days.owed().is_first_missing(day)
    days.publish(date(2024, 2, 20), before)
    usual = days.owed().is_first_missing(day)
    days.retract(date(2024, 2, 22))
    gap_of_long_ago = days.owed().is_first_missing(day)
    days.retract(before, ["posts"])

    assert (fresh, usual, gap_of_long_ago) == (True, True, True)
    assert not days.owed().is_first_missing(day)


def test_gaps_before_the_lookback_are_ranges(days: PublishedDays) -> None:
    for number in (1, 2, 5, 8, 20):
        days.publish(date(2024, 2, number))
    days.publish(date(2024, 2, 27))

    gaps = days.owed().older_gaps(NOW)

    assert gaps == [
        DayRange(date(2024, 2, 3), date(2024, 2, 4)),
        DayRange(date(2024, 2, 6), date(2024, 2, 7)),
        DayRange(date(2024, 2, 9), date(2024, 2, 19)),
        DayRange(date(2024, 2, 21), date(2024, 2, 26)),
    ]


def test_the_first_day_of_the_lookback_is_repaired_and_no_older_gap(days: PublishedDays) -> None:
    days.publish(date(2024, 2, 20), date(2024, 3, 4))
    first = date(2024, 2, 27)
    days.retract(first)
    owed = days.owed(lookback_days=7)

    assert list(owed.missing(NOW, after=HOUR)) == [first]
    assert owed.older_gaps(NOW) == []


@pytest.mark.parametrize("lookback", [0, 1, 7, 40])
def test_no_day_is_both_repaired_and_an_older_gap_and_in_the_end_none_is_neither(
    days: PublishedDays, lookback: int
) -> None:
    days.publish(date(2024, 2, 1))
    owed = days.owed(lookback)

    def older() -> list[date]:
        return [day for gap in owed.older_gaps(NOW) for day in gap]

    repaired = list(owed.missing(NOW, after=HOUR))
    while_days_of_the_lookback_continue_it = older()
    for day in repaired:
        days.publish(day)

    assert while_days_of_the_lookback_continue_it == []
    assert older() + repaired == list(DayRange(date(2024, 2, 2), date(2024, 3, 4)))


def test_the_last_week_and_month_that_ended_are_owed_however_short_the_lookback() -> None:
    today = date(2024, 3, 20)

    assert ended_periods(Period.DAY, today, lookback_days=2) == [
        date(2024, 3, 18),
        date(2024, 3, 19),
    ]
    assert ended_periods(Period.WEEK, today, lookback_days=2) == [date(2024, 3, 11)]
    assert ended_periods(Period.MONTH, today, lookback_days=2) == [date(2024, 2, 1)]
    assert ended_periods(Period.WEEK, date(2024, 3, 17), lookback_days=2) == [date(2024, 3, 4)]
    assert ended_periods(Period.WEEK, today, lookback_days=14) == [
        date(2024, 3, 4),
        date(2024, 3, 11),
    ]


def test_reports_are_owed_once_their_days_are_published_and_until_they_are_written(
    days: PublishedDays, instance: dg.DagsterInstance
) -> None:
    begun_at = datetime(2024, 3, 3, 12, tzinfo=UTC)
    days.publish(date(2024, 2, 20), date(2024, 3, 3))

    def owed() -> dict[Period, list[date]]:
        owed = days.owed()
        due = due_reports(instance, owed, NOW, begun_at=begun_at, after=4 * HOUR)
        return ready_reports(owed.lake, instance, due)

    waiting = owed()
    days.publish(date(2024, 3, 4))
    ready = owed()
    written = dg.AssetMaterialization(NAMES[Period.DAY], partition="2024-03-04")
    instance.report_runless_asset_event(written)

    # The month had ended before the installation began.
    assert waiting == {
        Period.DAY: [date(2024, 3, 3)],
        Period.WEEK: [date(2024, 2, 26)],
        Period.MONTH: [],
    }
    assert ready[Period.DAY] == [date(2024, 3, 3), date(2024, 3, 4)]
    assert owed()[Period.DAY] == [date(2024, 3, 3)]


def test_reports_of_a_week_wait_for_each_of_its_days(
    days: PublishedDays, instance: dg.DagsterInstance
) -> None:
    monday = date(2024, 2, 26)
    days.publish(monday, date(2024, 3, 3))
    whole = why_not_ready(days.lake, instance, Period.WEEK, monday)
    days.retract(date(2024, 2, 28), ["user_analytics"])

    assert whole is None
    said = why_not_ready(days.lake, instance, Period.WEEK, monday)
    assert said == "not all days of 2024-02-26 are published: run as soon as they are"


def test_reports_of_a_day_that_was_read_before_it_had_ended_wait_until_it_is_read_again(
    days: PublishedDays, instance: dg.DagsterInstance
) -> None:
    day = date(2024, 3, 3)
    days.publish(date(2024, 2, 26), day)
    days.read_at(day, hour=12)
    said = why_not_ready(days.lake, instance, Period.DAY, day)
    days.read_at(day, hour=25)

    assert said == "2024-03-03 was read before it had ended: run as soon as it was read again"
    assert why_not_ready(days.lake, instance, Period.DAY, day) is None


def test_reports_of_a_damaged_day_are_owed_for_their_run_says_which_file_it_is(
    days: PublishedDays, instance: dg.DagsterInstance
) -> None:
    day = date(2024, 3, 3)
    days.publish(date(2024, 2, 26), day)
    for table in LAKE_TABLES:
        (days.lake.partition_folder(table, day) / MANIFEST).write_text("{")

    assert why_not_ready(days.lake, instance, Period.DAY, day) is None


def test_reports_of_days_that_a_check_holds_are_owed_once_it_lets_go_of_them(
    days: PublishedDays, instance: dg.DagsterInstance
) -> None:
    begun_at, held = datetime(2024, 3, 2, 12, tzinfo=UTC), date(2024, 3, 3)
    days.publish(date(2024, 2, 20), date(2024, 3, 4))

    def owed() -> list[date]:
        owed = days.owed()
        due = due_reports(instance, owed, NOW, begun_at=begun_at, after=4 * HOUR)
        return ready_reports(owed.lake, instance, due)[Period.DAY]

    record_result(instance, DayRange(held, held), held)
    waiting, said = owed(), why_not_ready(days.lake, instance, Period.DAY, held)
    record_result(instance, DayRange(held, held))

    assert waiting == [date(2024, 3, 2), date(2024, 3, 4)]
    assert said is not None
    assert said.startswith("no report shows 2024-03-03")
    assert owed() == [date(2024, 3, 2), held, date(2024, 3, 4)]
