import polars as pl
from polars.testing import assert_frame_equal

from assets.analytics.user_analytics import NUMBERS, summarize_user_analytics
from schema.metrics import USER_ANALYTICS
from schema.tables.follows import Follows
from schema.tables.unfollows import Unfollows
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import oracle
from tests.fixtures.random_moments import EMPTY_DAY, HISTORY, LONELY_DAY
from tests.fixtures.small_tables import Rows, day, event, table, uid
from tests.fixtures.summaries import checked, post_engagement_daily, user_analytics

EVERY_DAY = DayRange(HISTORY.first.replace(year=2023), HISTORY.last.replace(month=12))


def creators_of_d(
    lazy_on: LazyOn, *, events: Rows, follows: Rows, unfollows: Rows
) -> list[dict[str, object]]:
    """What is not 0, per creator."""
    rows = summarize_user_analytics(
        lazy_on(table(UserEngagement, events)),
        lazy_on(table(Follows, follows)),
        lazy_on(table(Unfollows, unfollows)),
    )
    creators = checked(rows, UserAnalytics)
    return [{name: n for name, n in row.items() if n != 0} for row in creators.to_dicts()]


def test_a_creator_has_every_number_of_the_day(lazy_on: LazyOn) -> None:
    kinds = ["VIEW", "LIKE", "LIKE", "SHARE", "COMMENT", "CLICK", "SAVE"]
    follow = {"follower_id": uid("ben"), "following_id": uid("ana")}

    creators = creators_of_d(
        lazy_on,
        events=[event("ben", kind, author="ana") for kind in kinds],
        follows=[follow, follow],
        unfollows=[follow],
    )

    assert creators == [
        {
            "date": day(),
            "user_id": uid("ana"),
            "post_impressions": 1,
            "post_engagements": 6,
            "total_likes": 2,
            "total_comments": 1,
            "total_shares": 1,
            "followers_gained": 2,
            "followers_lost": 1,
        }
    ]


def test_profile_views_count_viewers_not_views(lazy_on: LazyOn) -> None:
    on_profile = {"source": "profile"}

    creators = creators_of_d(
        lazy_on,
        events=[
            event("ben", "VIEW", author="ana", post="p", **on_profile),
            event("ben", "VIEW", author="ana", post="q", **on_profile),
            event("ana", "VIEW", author="ana", **on_profile),
            event("cid", "VIEW", author="ana", source="feed"),
            event("dan", "VIEW", author="ana", source=None),
            event("eva", "CLICK", author="ana", **on_profile),
            event("ben", "VIEW", author="ana", date=day(1), **on_profile),
        ],
        follows=[],
        unfollows=[],
    )

    ana = {"user_id": uid("ana")}
    assert creators == [
        {"date": day(), "profile_views": 2, "post_impressions": 5, "post_engagements": 1} | ana,
        {"date": day(1), "profile_views": 1, "post_impressions": 1} | ana,
    ]


def test_nothing_makes_no_rows(lazy_on: LazyOn) -> None:
    assert creators_of_d(lazy_on, events=[], follows=[], unfollows=[]) == []


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    creators = user_analytics(lake_frames, lazy_on)

    expected = oracle("user_analytics", lake_frames, EVERY_DAY, UserAnalytics)
    assert_frame_equal(creators, expected)


def test_an_empty_day_has_no_row_and_a_day_with_one_event_has_one(
    lazy_on: LazyOn, lake_frames: LakeFrames
) -> None:
    days = user_analytics(lake_frames, lazy_on)["date"]

    assert days.is_in([EMPTY_DAY]).sum() == 0
    assert days.is_in([LONELY_DAY]).sum() == 1


def test_the_order_of_rows_is_irrelevant(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    creators = user_analytics(lake_frames.shuffled(seed=3), lazy_on)

    assert_frame_equal(creators, user_analytics(lake_frames, lazy_on))


def test_creators_add_up_to_the_events_of_the_day(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    likes = (
        user_analytics(lake_frames, lazy_on)
        .group_by("date")
        .agg(pl.col("total_likes").sum())
        .filter(pl.col("total_likes") > 0)
    )

    events = (
        post_engagement_daily(lake_frames, lazy_on)
        .filter(engagement_type="LIKE")
        .group_by("date")
        .agg(total_likes=pl.col("events").sum())
    )
    assert_frame_equal(likes, events, check_row_order=False)


def test_the_registry_names_every_number() -> None:
    assert {metric.name for metric in USER_ANALYTICS} == set(NUMBERS)
