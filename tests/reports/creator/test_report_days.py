from collections.abc import Iterable
from datetime import date

import pytest

from assets.resources.lake import Lake
from reports.creator.model import Period, ReportPeriod
from reports.creator.report_days import (
    OF_THE_LAST_DAY,
    OF_THE_PERIOD,
    VISITS,
    ReportDays,
    find_report_days,
)
from schema.errors import MissingPartitionError
from schema.windows import DayRange
from tests.fixtures.quick_lake import put_day, put_reading, retract_days
from tests.fixtures.small_tables import day

WEEK = ReportPeriod(Period.WEEK, day())


def publish(lake: Lake, days: Iterable[date], *, final: bool = True) -> None:
    """Publish empty days of everything that a report reads."""
    for each in days:
        for table in (*OF_THE_PERIOD, *OF_THE_LAST_DAY):
            put_day(lake, table, each, is_final=final)


@pytest.fixture
def young(lake: Lake) -> Lake:
    """An installation that began eight days before D."""
    publish(lake, DayRange(day(-8), day()))
    return lake


def found(lake: Lake, period: ReportPeriod = WEEK) -> ReportDays:
    return find_report_days(lake, period)


def test_days_before_the_first_published_one_are_not_shown(young: Lake) -> None:
    days = found(young)

    assert days.shown == tuple(DayRange(day(-8), day()))
    assert days.visits == days.lives == days.shown
    assert days.whole_weeks == []
    assert not days.knows_returning


def test_everything_is_known_of_an_old_installation(lake: Lake) -> None:
    publish(lake, WEEK.shown)

    days = found(lake)

    assert days.shown == tuple(WEEK.shown)
    assert [week.first for week in days.whole_weeks] == [day(-34 + 7 * n) for n in range(4)]
    assert days.knows_returning
    assert days.habits == tuple(DayRange(day(-27), day()))


def test_a_week_with_an_unpublished_day_is_not_whole(lake: Lake) -> None:
    publish(lake, WEEK.shown)
    retract_days(lake, "post_engagement_daily", day(-20))
    retract_days(lake, "author_audience_daily", day(-9))

    days = found(lake)

    assert day(-20) not in days.shown
    assert day(-9) in days.shown
    assert [week.first for week in days.whole_weeks] == [day(-34), day(-27), day(-13)]
    assert not days.knows_returning


def test_a_held_day_before_the_period_is_left_out_as_an_unpublished_one_is(lake: Lake) -> None:
    publish(lake, WEEK.shown)

    days = find_report_days(lake, WEEK, held={day(-12), day(-60)})

    assert days.shown == days.visits == tuple(each for each in WEEK.shown if each != day(-12))
    assert [week.first for week in days.whole_weeks] == [day(-34), day(-27), day(-20)]
    assert not days.knows_returning
    assert days.lives == tuple(DayRange(day(-11), day()))
    assert day(-12) not in days.final


@pytest.mark.parametrize("table", OF_THE_PERIOD)
def test_a_missing_day_of_the_period_is_refused(young: Lake, table: str) -> None:
    retract_days(young, table, day(-6))

    sentence = f"the lake has no {table} of {day(-6)}: run `sociallive run --date {day(-6)}` first"
    with pytest.raises(MissingPartitionError, match=sentence):
        found(young)


def test_a_period_that_the_installation_began_in_is_counted_from_there_on(lake: Lake) -> None:
    publish(lake, DayRange(day(-2), day()))

    assert found(lake).counted == tuple(DayRange(day(-2), day()))


def test_visits_of_days_that_were_never_counted_reach_nobody_and_tell_habits_still(
    lake: Lake,
) -> None:
    for each in DayRange(day(-36), day()):
        put_day(lake, VISITS, each)
    publish(lake, DayRange(day(-2), day()))

    days = found(lake)

    assert days.audience == (*WEEK.before, *days.counted)
    assert days.habits == tuple(DayRange(day(-27), day()))


def test_of_a_period_before_the_installation_the_last_day_is_asked_for(lake: Lake) -> None:
    publish(lake, DayRange(day(1), day(3)))

    with pytest.raises(MissingPartitionError, match=f"run --date {day()}`"):
        found(lake)


@pytest.mark.parametrize("table", OF_THE_LAST_DAY)
def test_scores_are_needed_of_the_last_day_only(young: Lake, table: str) -> None:
    retract_days(young, table, *DayRange(day(-8), day(-1)))
    assert found(young).shown

    retract_days(young, table, day())
    with pytest.raises(MissingPartitionError, match=f"no {table} of {day()}"):
        found(young)


def test_a_gap_ends_what_can_be_compared_at_equal_age(lake: Lake) -> None:
    publish(lake, WEEK.shown)
    retract_days(lake, "post_engagement_hourly", day(-12))

    assert found(lake).lives == tuple(DayRange(day(-11), day()))


def test_numbers_can_be_taken_up_to_the_first_gap_after_the_period(young: Lake) -> None:
    assert found(young).open_from == day(1)
    publish(young, [day(1), day(2), day(4)])

    assert found(young).open_from == day(3)
    assert find_report_days(young, WEEK, held={day(2)}).open_from == day(2)


def test_a_day_that_was_read_before_it_had_ended_is_as_good_as_missing_around_the_period(
    lake: Lake,
) -> None:
    publish(lake, DayRange(day(-34), day(1)))
    for each in (day(-9), day(-3), day(1)):
        put_reading(lake, each, hour=12)
    put_reading(lake, day(), hour=25)

    days = found(lake)

    assert days.open_from == day(1)
    assert days.cut_short == (day(-3),)
    assert days.shown == tuple(each for each in WEEK.shown if each != day(-9))


def test_days_are_final_as_their_numbers_are(lake: Lake) -> None:
    publish(lake, DayRange(day(-8), day(-2)))
    publish(lake, DayRange(day(-1), day()), final=False)

    assert found(lake).final == frozenset(DayRange(day(-8), day(-2)))


def test_a_day_that_nobody_has_noted_as_final_is_provisional(young: Lake) -> None:
    young.publish(young.stage("user_analytics", day(-3), [], fence=1))

    assert day(-3) not in found(young).final
