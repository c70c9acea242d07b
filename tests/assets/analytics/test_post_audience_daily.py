import polars as pl
from polars.testing import assert_frame_equal

from assets.analytics.post_audience_daily import summarize_post_audience
from schema.tables.columns import conform
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.bursts import CROWDED, accounts, coordinated_of, crowd
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import ask
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import at, day, event, table, uid
from tests.fixtures.summaries import checked


def audience(
    events: pl.DataFrame, users: pl.DataFrame, days: DayRange, lazy_on: LazyOn
) -> pl.DataFrame:
    coordinated = coordinated_of(events, users, days, lazy_on)
    return checked(summarize_post_audience(lazy_on(events), coordinated), PostAudienceDaily)


def expected(frames: LakeFrames, days: DayRange) -> pl.DataFrame:
    coordinated = ask("coordinated_events", frames, days)
    rows = ask("post_audience_daily", frames, days, coordinated=coordinated)
    return conform(rows, PostAudienceDaily)


def test_an_account_counts_once_a_day_and_the_author_never(lazy_on: LazyOn) -> None:
    events = [
        event("ben", "LIKE", author="ana"),
        event("ben", "VIEW", author="ana"),
        event("cid", "VIEW", author="ana"),
        event("ana", "VIEW", author="ana"),
        event("ana", "VIEW", author="ana", post="q"),
        event("ben", "VIEW", author="ana", date=day(1)),
    ]

    rows = audience(
        table(UserEngagement, events), table(Users, []), DayRange(day(), day(1)), lazy_on
    )

    post, ana = uid("p"), uid("ana")
    assert rows.rows() == [(day(), post, ana, 2, 0), (day(1), post, ana, 1, 0)]


def test_an_account_takes_part_in_the_bursts_of_a_day_once(lazy_on: LazyOn) -> None:
    events = [
        *crowd("bot", 40, moment=at(5.51), kind="LIKE"),
        *crowd("bot", 30, moment=at(6.51), kind="SHARE"),
        *crowd("fan", 7, moment=at(8.1)),
        *crowd("old", 50, moment=at(9.1), post="q"),
    ]

    rows = audience(
        table(UserEngagement, events),
        table(Users, accounts("bot", 40)),
        DayRange(day(), day()),
        lazy_on,
    )

    assert rows.select("accounts", "coordinated_accounts").rows() == [(47, 40), (50, 0)]


def test_no_events_make_no_rows(lazy_on: LazyOn) -> None:
    nothing = table(UserEngagement, [])

    assert audience(nothing, table(Users, []), DayRange(day(), day()), lazy_on).is_empty()


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    rows = audience(lake_frames.user_engagement, lake_frames.users, HISTORY, lazy_on)

    assert_frame_equal(rows, expected(lake_frames, HISTORY))


def test_random_crowds_equal_the_oracle(lazy_on: LazyOn, crowds: LakeFrames) -> None:
    rows = audience(crowds.user_engagement, crowds.users, CROWDED, lazy_on)

    assert rows["coordinated_accounts"].sum() > 0
    assert_frame_equal(rows, expected(crowds, CROWDED))


def test_the_order_of_events_is_irrelevant(lazy_on: LazyOn, crowds: LakeFrames) -> None:
    shuffled = crowds.user_engagement.sample(fraction=1, shuffle=True, seed=4)

    rows = audience(shuffled, crowds.users, CROWDED, lazy_on)

    assert_frame_equal(rows, audience(crowds.user_engagement, crowds.users, CROWDED, lazy_on))
