from polars.testing import assert_frame_equal

from assets.analytics.user_activity import summarize_user_activity
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.posts import Posts
from schema.tables.user_activity import UserActivity
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import oracle
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import at, day, event, made, table, uid
from tests.fixtures.summaries import checked, user_activity


def test_every_way_of_being_active_counts_for_who_acts(lazy_on: LazyOn) -> None:
    follow = {"follower_id": uid("dan"), "following_id": uid("ana")}
    taken_back = follow | {"deleted_at": at(5)}

    daily = summarize_user_activity(
        lazy_on(
            table(
                UserEngagement,
                [event("ben", "VIEW", author="ana"), event("ben", "LIKE", author="ana")],
            )
        ),
        lazy_on(table(Posts, [made("p", at(1), by="ana"), made("q", at(30), by="ana")])),
        lazy_on(table(Comments, [made("c", at(2), by="ben", post_id=uid("p"))])),
        lazy_on(table(Follows, [follow, taken_back])),
    )

    assert checked(daily, UserActivity).rows() == [
        (day(), uid("ana"), 0, 1, 0, 0),
        (day(), uid("ben"), 2, 0, 1, 0),
        (day(), uid("dan"), 0, 0, 0, 2),
        (day(1), uid("ana"), 0, 1, 0, 0),
    ]


def test_nobody_is_active_on_an_empty_platform(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    assert user_activity(lake_frames.emptied(), lazy_on).is_empty()


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    expected = oracle("user_activity", lake_frames, HISTORY, UserActivity)

    assert_frame_equal(user_activity(lake_frames, lazy_on), expected)


def test_the_order_of_rows_is_irrelevant(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    daily = user_activity(lake_frames.shuffled(seed=2), lazy_on)

    assert_frame_equal(daily, user_activity(lake_frames, lazy_on))
