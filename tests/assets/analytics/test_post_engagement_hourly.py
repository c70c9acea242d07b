from decimal import Decimal

import polars as pl
from polars.testing import assert_frame_equal

from assets.analytics.post_engagement_hourly import summarize_post_engagement_hourly
from schema.tables.columns import conform
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.bursts import CROWDED, accounts, coordinated_of, crowd
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import ask
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import at, day, event, table, uid
from tests.fixtures.summaries import checked, post_engagement_daily


def hourly(
    events: pl.DataFrame, users: pl.DataFrame, days: DayRange, lazy_on: LazyOn
) -> pl.DataFrame:
    coordinated = coordinated_of(events, users, days, lazy_on)
    rows = summarize_post_engagement_hourly(lazy_on(events), coordinated)
    return checked(rows, PostEngagementHourly)


def expected(frames: LakeFrames, days: DayRange) -> pl.DataFrame:
    coordinated = ask("coordinated_events", frames, days)
    rows = ask("post_engagement_hourly", frames, days, coordinated=coordinated)
    return conform(rows, PostEngagementHourly)


def test_the_audience_is_counted_by_utc_hour_and_the_burst_beside_it(lazy_on: LazyOn) -> None:
    events = [
        event("ben", "LIKE", author="ana", created_at=at(0), value=Decimal("2.50")),
        event("cid", "LIKE", author="ana", created_at=at(0.999), value=Decimal("-1.00")),
        event("dan", "LIKE", author="ana", created_at=at(23.999)),
        event("ana", "VIEW", author="ana"),
        event("ben", "VIEW", author="ana", post="q", date=day(1)),
        *crowd("bot", 21, moment=at(5.51), post="r"),
        *crowd("fan", 2, moment=at(5.01), post="r"),
    ]
    events += crowd("old", 20, moment=at(9.1), post="s")

    rows = hourly(
        table(UserEngagement, events),
        table(Users, accounts("bot", 21)),
        DayRange(day(), day(1)),
        lazy_on,
    )

    ana, author = uid("ana"), uid("author")
    assert rows.rows() == [
        (day(), 0, uid("p"), "LIKE", ana, 2, 150, 0, 0),
        (day(), 23, uid("p"), "LIKE", ana, 1, 100, 0, 0),
        (day(), 5, uid("r"), "LIKE", author, 23, 2_300, 21, 2_100),
        (day(), 9, uid("s"), "LIKE", author, 20, 2_000, 0, 0),
        (day(1), 12, uid("q"), "VIEW", ana, 1, 100, 0, 0),
    ]


def test_10_000_events_of_one_account_on_its_own_post_have_no_audience(lazy_on: LazyOn) -> None:
    own = crowd("x", 10_000, moment=at(5.51))
    events = table(UserEngagement, [row | {"user_id": uid("author")} for row in own])

    rows = hourly(events, table(Users, [{"id": uid("author")}]), DayRange(day(), day()), lazy_on)

    assert rows.is_empty()


def test_500_fresh_accounts_within_a_minute_count_and_are_told_apart(lazy_on: LazyOn) -> None:
    events = crowd("bot", 500, moment=at(5.51)) + crowd("old", 50, moment=at(9.1), post="q")

    rows = hourly(
        table(UserEngagement, events),
        table(Users, accounts("bot", 500)),
        DayRange(day(), day()),
        lazy_on,
    )

    numbers = rows.select("audience_events", "coordinated_events", "coordinated_value").rows()
    assert numbers == [(500, 500, 50_000), (50, 0, 0)]


def test_no_events_make_no_rows(lazy_on: LazyOn) -> None:
    nothing = table(UserEngagement, [])

    assert hourly(nothing, table(Users, []), DayRange(day(), day()), lazy_on).is_empty()


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    rows = hourly(lake_frames.user_engagement, lake_frames.users, HISTORY, lazy_on)

    assert_frame_equal(rows, expected(lake_frames, HISTORY))


def test_random_crowds_equal_the_oracle(lazy_on: LazyOn, crowds: LakeFrames) -> None:
    rows = hourly(crowds.user_engagement, crowds.users, CROWDED, lazy_on)

    assert_frame_equal(rows, expected(crowds, CROWDED))


def test_the_order_of_rows_is_irrelevant(lazy_on: LazyOn, crowds: LakeFrames) -> None:
    events, users = (
        frame.sample(fraction=1, shuffle=True, seed=3)
        for frame in (crowds.user_engagement, crowds.users)
    )

    rows = hourly(events, users, CROWDED, lazy_on)

    assert_frame_equal(rows, hourly(crowds.user_engagement, crowds.users, CROWDED, lazy_on))


def test_the_hours_of_a_day_sum_to_the_audience_of_the_day(
    lazy_on: LazyOn, lake_frames: LakeFrames
) -> None:
    rows = hourly(lake_frames.user_engagement, lake_frames.users, HISTORY, lazy_on)

    key = ["date", "post_id", "engagement_type", "author_id"]
    summed = rows.group_by(key).agg(pl.col("audience_events", "audience_value").sum())
    of_days = post_engagement_daily(lake_frames, lazy_on).filter(pl.col("audience_events") > 0)
    assert_frame_equal(summed, of_days.drop("events"), check_row_order=False)
