from typing import Any

from polars.testing import assert_frame_equal

from assets.analytics.author_audience_daily import summarize_author_audience
from schema.tables.author_audience_daily import AuthorAudienceDaily
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import oracle
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import Rows, at, day, event, table, uid
from tests.fixtures.summaries import checked


def audience(events: Rows, lazy_on: LazyOn) -> list[tuple[Any, ...]]:
    rows = summarize_author_audience(lazy_on(table(UserEngagement, events)))
    return checked(rows, AuthorAudienceDaily).rows()


def test_an_account_has_one_row_per_author_and_day_with_the_hours_it_was_there(
    lazy_on: LazyOn,
) -> None:
    rows = audience(
        [
            event("ben", "LIKE", author="ana", created_at=at(0)),
            event("ben", "VIEW", author="ana", created_at=at(0.99)),
            event("ben", "VIEW", author="ana", post="q", created_at=at(23.999)),
            event("ben", "VIEW", author="cid", post="r", created_at=at(3)),
            event("ben", "VIEW", author="ana", created_at=at(24), date=day(1)),
        ],
        lazy_on,
    )

    ana, ben, cid = uid("ana"), uid("ben"), uid("cid")
    assert rows == [
        (day(), ana, ben, 2**0 + 2**23),
        (day(), cid, ben, 2**3),
        (day(1), ana, ben, 2**0),
    ]


def test_each_hour_has_a_bit_of_its_own(lazy_on: LazyOn) -> None:
    rows = audience(
        [event(f"{hour:02}", "VIEW", author="z", created_at=at(hour)) for hour in range(24)],
        lazy_on,
    )

    assert [hours for *_, hours in rows] == [2**hour for hour in range(24)]


def test_authors_are_no_audience_of_their_own(lazy_on: LazyOn) -> None:
    assert audience([event("ana", "VIEW", author="ana")], lazy_on) == []


def test_no_events_make_no_rows(lazy_on: LazyOn) -> None:
    assert audience([], lazy_on) == []


def test_random_days_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    rows = checked(
        summarize_author_audience(lazy_on(lake_frames.user_engagement)), AuthorAudienceDaily
    )

    expected = oracle("author_audience_daily", lake_frames, HISTORY, AuthorAudienceDaily)
    assert not rows.is_empty()
    assert_frame_equal(rows, expected)


def test_the_order_of_events_is_irrelevant(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    events, shuffled = lake_frames.user_engagement, lake_frames.shuffled(seed=5).user_engagement

    rows = checked(summarize_author_audience(lazy_on(shuffled)), AuthorAudienceDaily)

    again = checked(summarize_author_audience(lazy_on(events)), AuthorAudienceDaily)
    assert_frame_equal(rows, again)
