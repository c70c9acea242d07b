from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.analytics.system_metrics import calendar_of
from schema.metrics import SYSTEM_METRICS
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames, random_lake_frames
from tests.fixtures.oracle import system_metrics_oracle
from tests.fixtures.random_moments import EMPTY_DAY, LONELY_DAY, REPORTED
from tests.fixtures.summaries import system_metrics, user_analytics

ALWAYS = {(metric.name, tags) for metric in SYSTEM_METRICS for tags in metric.always}
# With the empty day and the days after it.
LEAP_DAYS = DayRange(date(2024, 2, 29), LONELY_DAY)


@pytest.fixture(scope="module")
def published(lake_frames: LakeFrames, lazy_on: LazyOn) -> pl.DataFrame:
    return system_metrics(lake_frames, REPORTED, lazy_on)


def test_random_days_equal_the_oracle(published: pl.DataFrame, lake_frames: LakeFrames) -> None:
    assert_frame_equal(published, system_metrics_oracle(lake_frames, REPORTED))


@settings(max_examples=5, derandomize=True)
@given(seed=st.integers(0, 2**32), users=st.integers(4, 60), events=st.integers(40, 600))
def test_platforms_of_every_size_equal_the_oracle(
    lazy_on: LazyOn, seed: int, users: int, events: int
) -> None:
    frames = random_lake_frames(seed=seed, users=users, events=events)

    published = system_metrics(frames, REPORTED, lazy_on)

    assert_frame_equal(published, system_metrics_oracle(frames, REPORTED))


def test_every_metric_of_the_registry_is_computed(published: pl.DataFrame) -> None:
    assert set(published["metric_name"]) == {metric.name for metric in SYSTEM_METRICS}


def test_a_range_at_once_equals_day_by_day(
    published: pl.DataFrame, lake_frames: LakeFrames, lazy_on: LazyOn
) -> None:
    days = [system_metrics(lake_frames, DayRange(day, day), lazy_on) for day in LEAP_DAYS]

    at_once = published.filter(pl.col("date").is_between(LEAP_DAYS.first, LEAP_DAYS.last))
    assert_frame_equal(pl.concat(days), at_once)


def test_the_order_of_rows_is_irrelevant(
    published: pl.DataFrame, lake_frames: LakeFrames, lazy_on: LazyOn
) -> None:
    shuffled = system_metrics(lake_frames.shuffled(seed=4), REPORTED, lazy_on)

    assert_frame_equal(shuffled, published)


def test_a_platform_without_data_has_its_zeros_on_every_day(
    lake_frames: LakeFrames, lazy_on: LazyOn
) -> None:
    published = system_metrics(lake_frames.emptied(), REPORTED, lazy_on)

    for day in REPORTED:
        rows = published.filter(date=day)
        assert set(rows.select("metric_name", "tags").iter_rows()) == ALWAYS
    assert published["metric_value"].sum() == 0


def test_an_empty_day_counts_zero_and_remembers_the_days_before(published: pl.DataFrame) -> None:
    day = published.filter(date=EMPTY_DAY)

    values = dict(day.filter(tags="{}").select("metric_name", "metric_value").iter_rows())
    assert set(day.select("metric_name", "tags").iter_rows()) >= ALWAYS
    assert values["daily_active_users"] == 0
    assert values["monthly_active_users"] > 0
    assert "engagement_rate" not in values


def test_a_day_with_one_event_has_one_event(published: pl.DataFrame) -> None:
    events = published.filter(date=LONELY_DAY, metric_name="engagement_events")
    active = published.filter(date=LONELY_DAY, metric_name="daily_active_users")

    assert events.height == 6
    assert events["metric_value"].sum() == 1
    assert active["metric_value"].item() == 1


def test_creators_add_up_to_the_platform(
    published: pl.DataFrame, lake_frames: LakeFrames, lazy_on: LazyOn
) -> None:
    creators = user_analytics(lake_frames, lazy_on)
    likes = creators.group_by("date").agg(pl.col("total_likes").sum())

    platform = published.filter(metric_name="engagement_events", tags='{"type": "LIKE"}')
    both = platform.join(likes, on="date", how="left").fill_null(0)
    assert both["metric_value"].to_list() == both["total_likes"].to_list()


def test_keeping_intermediate_rows_changes_no_number(
    published: pl.DataFrame, lake_frames: LakeFrames, lazy_on: LazyOn
) -> None:
    planned_at_once = system_metrics(lake_frames, REPORTED, lazy_on, keep_rows=False)

    assert_frame_equal(planned_at_once, published)


def test_the_calendar_has_the_bounds_of_each_day() -> None:
    calendar = calendar_of(DayRange(date(2024, 2, 29), date(2024, 3, 1)))

    assert calendar.rows() == [
        (date(2024, 2, 29), at_midnight(2, 29), at_midnight(3, 1)),
        (date(2024, 3, 1), at_midnight(3, 1), at_midnight(3, 2)),
    ]


def at_midnight(month: int, day: int) -> datetime:
    return datetime(2024, month, day, tzinfo=UTC)
