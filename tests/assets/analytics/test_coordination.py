from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from polars.testing import assert_frame_equal

from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.bursts import CROWDED, accounts, coordinated_of, crowd
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import ask
from tests.fixtures.small_tables import Rows, at, day, table, uid
from tests.fixtures.summaries import collected

FOUND = ["date", "hour", "post_id", "engagement_type", "user_id", "hundredths"]
# Any minute, not on the hour, with a second of its own.
THEN = at(3.51)
ELSEWHERE = crowd("old", 200, moment=at(7.2), post="other")
Find: TypeAlias = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def find(lazy_on: LazyOn) -> Find:
    """Coordinated events among those given and 200 by old accounts on another post."""

    def found(events: Rows, users: Rows, elsewhere: Rows = ELSEWHERE) -> list[tuple[Any, ...]]:
        rows = coordinated_of(
            table(UserEngagement, events + elsewhere),
            table(Users, users),
            DayRange(day(), day()),
            lazy_on,
        )
        return sorted(collected(rows).select(FOUND).rows())

    return found


def test_500_fresh_accounts_liking_one_post_within_a_minute_are_coordinated(find: Find) -> None:
    found = find(crowd("bot", 500, moment=THEN), accounts("bot", 500))

    assert found == sorted((day(), 3, uid("p"), "LIKE", uid(f"bot {n}"), 100) for n in range(500))


def test_the_crowd_of_a_viral_post_is_not(find: Find) -> None:
    viral = crowd("fan", 2_000, moment=THEN) + crowd("new", 100, moment=THEN)

    assert find(viral, accounts("new", 100)) == []


def test_on_a_brand_new_platform_nobody_is_accused(find: Find) -> None:
    everybody = accounts("bot", 500) + accounts("old", 200)

    assert find(crowd("bot", 500, moment=THEN), everybody) == []


def test_a_single_post_is_compared_with_nothing_and_not_accused(find: Find) -> None:
    bots = accounts("bot", 500)

    assert find(crowd("bot", 500, moment=THEN), bots, elsewhere=ELSEWHERE[:19]) == []
    assert len(find(crowd("bot", 500, moment=THEN), bots, elsewhere=ELSEWHERE[:20])) == 500


@pytest.mark.parametrize(("fresh", "others", "found"), [(19, 0, 0), (20, 5, 20), (20, 6, 0)])
def test_a_burst_has_20_fresh_events_and_four_fifths_of_the_audience(
    find: Find, fresh: int, others: int, found: int
) -> None:
    events = crowd("bot", fresh, moment=THEN) + crowd("fan", others, moment=THEN)

    assert len(find(events, accounts("bot", fresh))) == found


@pytest.mark.parametrize(
    ("fresh_elsewhere", "bots", "found"),
    [(40, 39, 0), (40, 40, 40), (60, 79, 0), (60, 80, 80), (80, 500, 0)],
)
def test_the_commoner_fresh_accounts_are_elsewhere_the_larger_a_burst_has_to_be(
    find: Find, fresh_elsewhere: int, bots: int, found: int
) -> None:
    users = accounts("old", fresh_elsewhere) + accounts("bot", bots)

    assert len(find(crowd("bot", bots, moment=THEN), users)) == found


def test_a_burst_across_the_border_of_a_minute_is_one(find: Find) -> None:
    # The last 1.2 seconds of a minute and the first 1.2 of the next one.
    events = crowd("bot", 24, moment=at(4) + timedelta(minutes=1, seconds=-1.2))

    assert len(find(events, accounts("bot", 24))) == 24


def test_an_ordinary_minute_beside_a_burst_does_not_hide_it(find: Find) -> None:
    before, after = THEN - timedelta(minutes=1), THEN + timedelta(minutes=1)
    events = (
        crowd("bot", 30, moment=THEN)
        + crowd("fan", 100, moment=before)
        + crowd("fan", 100, moment=after)
    )

    assert len(find(events, accounts("bot", 30))) == 30


def test_only_the_type_of_the_burst_and_its_fresh_accounts_are_meant(find: Find) -> None:
    events = [
        *crowd("bot", 40, moment=THEN, kind="SHARE"),
        *crowd("bot", 5, moment=THEN, kind="LIKE"),
        *crowd("fan", 5, moment=THEN, kind="SHARE"),
    ]

    found = find(events, accounts("bot", 40))

    assert {(row[3], row[4]) for row in found} == {("SHARE", uid(f"bot {n}")) for n in range(40)}


@pytest.mark.parametrize(("offset", "found"), [(-7, 0), (-6, 30), (0, 30), (1, 0)])
def test_an_account_is_fresh_for_the_week_that_begins_with_its_day(
    find: Find, offset: int, found: int
) -> None:
    assert len(find(crowd("bot", 30, moment=THEN), accounts("bot", 30, offset=offset))) == found


LAST_SECOND = timedelta(hours=23, minutes=59, seconds=59)


@pytest.mark.parametrize(
    "moment",
    [
        *(timedelta(0), timedelta(hours=15), timedelta(hours=18, minutes=30)),
        *(LAST_SECOND, LAST_SECOND + timedelta(milliseconds=999)),
    ],
)
def test_data_that_knows_days_or_hours_only_accuses_nobody(find: Find, moment: timedelta) -> None:
    events = [row | {"created_at": at(0) + moment} for row in crowd("bot", 500, moment=THEN)]
    elsewhere = [row | {"created_at": at(0) + moment} for row in ELSEWHERE]

    assert find(events, accounts("bot", 500), elsewhere) == []


def test_data_that_knows_quarters_of_an_hour_only_accuses_nobody(find: Find) -> None:
    def in_quarters(rows: Rows) -> Rows:
        quarter = timedelta(minutes=15)
        return [row | {"created_at": at(0) + quarter * (n % 20)} for n, row in enumerate(rows)]

    events = in_quarters(crowd("bot", 1_000, moment=THEN))

    assert find(events, accounts("bot", 1_000), in_quarters(ELSEWHERE)) == []


def test_data_to_the_minute_is_precise_enough(find: Find) -> None:
    events = [row | {"created_at": at(3.5)} for row in crowd("bot", 500, moment=THEN)]
    elsewhere = [
        row | {"created_at": at(7) + timedelta(minutes=n)} for n, row in enumerate(ELSEWHERE)
    ]

    assert len(find(events, accounts("bot", 500), elsewhere)) == 500


def test_a_burst_on_the_hour_sharp_is_found_where_others_are_not(find: Find) -> None:
    events = [row | {"created_at": at(15)} for row in crowd("bot", 500, moment=THEN)]

    assert len(find(events, accounts("bot", 500))) == 500


def test_a_post_that_newcomers_come_to_all_day_is_not_accused(find: Find) -> None:
    welcomed = [
        row
        for minute in range(101)
        for row in crowd(f"m{minute}", 20, moment=at(5.01) + timedelta(minutes=minute))
    ]
    newcomers = [row for minute in range(101) for row in accounts(f"m{minute}", 20)]

    assert find(welcomed, newcomers) == []


def test_the_author_takes_no_part_in_a_burst(find: Find) -> None:
    own = [row | {"user_id": uid("author")} for row in crowd("bot", 10_000, moment=THEN)]

    assert find(own, [{"id": uid("author")}]) == []


def test_nothing_happens_without_events_or_without_accounts(find: Find) -> None:
    assert find([], accounts("bot", 500), elsewhere=[]) == []
    assert find(crowd("bot", 500, moment=THEN), []) == []


def test_random_crowds_equal_the_oracle(lazy_on: LazyOn, crowds: LakeFrames) -> None:
    expected = ask("coordinated_events", crowds, CROWDED).select(FOUND)

    found = collected(coordinated_of(crowds.user_engagement, crowds.users, CROWDED, lazy_on))

    assert 0 < expected.height < crowds.user_engagement.height // 20
    assert_frame_equal(found.select(FOUND), expected, check_row_order=False, check_dtypes=False)


def test_a_day_alone_has_the_bursts_that_it_has_in_a_range(
    lazy_on: LazyOn, crowds: LakeFrames
) -> None:
    at_once = collected(coordinated_of(crowds.user_engagement, crowds.users, CROWDED, lazy_on))

    for each in CROWDED:
        events = crowds.user_engagement.filter(date=each)
        alone = coordinated_of(events, crowds.users, DayRange(each, each), lazy_on)
        assert_frame_equal(collected(alone), at_once.filter(date=each), check_row_order=False)
