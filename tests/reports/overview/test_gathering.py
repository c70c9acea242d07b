from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.resources.lake import Lake
from reports.overview.gathering import DEFAULT_DAYS, choose_days
from schema.errors import UsageError
from schema.windows import DayRange, start_of
from tests.fixtures.backtest_lake import publish_events
from tests.fixtures.overview_facts import LAST, last_days

TODAY = LAST + timedelta(days=1)
NIGHT = timedelta(hours=26)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def publish(lake: Lake, *days: date, taken: timedelta = NIGHT) -> None:
    """Days whose events were read so long after the start of the day."""
    for day in days:
        lake.publish(lake.stage("system_metrics", day, [pl.DataFrame({"n": [1]})], fence=1))
        publish_events(lake, day, taken_at=start_of(day) + taken)


def test_the_newest_published_days_are_shown_and_no_more_than_ninety(lake: Lake) -> None:
    publish(lake, LAST, LAST - timedelta(days=DEFAULT_DAYS - 1), LAST - timedelta(days=400))

    assert choose_days(lake, None, None, today=TODAY) == last_days(DEFAULT_DAYS)


def test_fewer_days_are_shown_where_there_are_fewer(lake: Lake) -> None:
    publish(lake, LAST, LAST - timedelta(days=2))

    assert choose_days(lake, None, None, today=TODAY) == last_days(3)


def test_a_day_that_was_read_before_it_ended_is_not_the_newest_unless_there_is_no_other(
    lake: Lake,
) -> None:
    publish(lake, LAST, taken=timedelta(hours=9))
    assert choose_days(lake, None, None, today=LAST) == last_days(1)

    publish(lake, LAST - timedelta(days=1))
    yesterday = LAST - timedelta(days=1)
    assert choose_days(lake, None, None, today=LAST) == DayRange(yesterday, yesterday)
    assert choose_days(lake, None, LAST, today=LAST) == DayRange(yesterday, LAST)


def test_nothing_published_is_yesterday(lake: Lake) -> None:
    assert choose_days(lake, None, None, today=TODAY) == last_days(1)


def test_a_range_that_ends_before_it_starts_is_refused(lake: Lake) -> None:
    with pytest.raises(UsageError, match=r"ends .* before it starts"):
        choose_days(lake, TODAY, LAST, today=TODAY)
