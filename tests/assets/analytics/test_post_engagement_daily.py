from decimal import Decimal

from polars.testing import assert_frame_equal

from assets.analytics.post_engagement_daily import summarize_post_engagement
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import oracle
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import day, event, table, uid
from tests.fixtures.summaries import checked, post_engagement_daily


def test_the_author_is_counted_but_is_no_audience(lazy_on: LazyOn) -> None:
    events = table(
        UserEngagement,
        [
            event("ben", "LIKE", author="ana", value=Decimal("2.50")),
            event("cid", "LIKE", author="ana", value=Decimal("-1.00")),
            event("ana", "LIKE", author="ana", value=Decimal("9.00")),
            event("ana", "VIEW", author="ana"),
            event("ben", "LIKE", author="ana", date=day(1)),
        ],
    )

    daily = checked(summarize_post_engagement(lazy_on(events)), PostEngagementDaily)

    post, ana = uid("p"), uid("ana")
    assert daily.rows() == [
        (day(), post, "LIKE", ana, 3, 2, 150),
        (day(), post, "VIEW", ana, 1, 0, 0),
        (day(1), post, "LIKE", ana, 1, 1, 100),
    ]


def test_no_events_make_no_rows(lazy_on: LazyOn) -> None:
    events = table(UserEngagement, [])

    daily = checked(summarize_post_engagement(lazy_on(events)), PostEngagementDaily)

    assert daily.is_empty()


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    expected = oracle("post_engagement_daily", lake_frames, HISTORY, PostEngagementDaily)

    assert_frame_equal(post_engagement_daily(lake_frames, lazy_on), expected)


def test_the_order_of_events_is_irrelevant(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    shuffled = lake_frames.shuffled(seed=1)

    daily = post_engagement_daily(shuffled, lazy_on)

    assert_frame_equal(daily, post_engagement_daily(lake_frames, lazy_on))
