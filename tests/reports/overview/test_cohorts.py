from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest

from reports.creator.model import SMALLEST_GROUP
from reports.overview.cohorts import (
    active_later,
    cohort_sizes,
    large_enough,
    monday_of,
    retention_triangle,
    whole_weeks,
)
from schema.tables.user_activity import UserActivity
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.lake_frames import LakeFrames
from tests.fixtures.oracle import ask
from tests.fixtures.random_moments import HISTORY
from tests.fixtures.small_tables import Rows, table, uid
from tests.fixtures.summaries import collected, user_activity

MONDAY = date(2024, 1, 1)
THREE_WEEKS = DayRange(MONDAY, MONDAY + timedelta(days=20))
NAMES = [f"u{n}" for n in range(SMALLEST_GROUP)]


def on(day: int) -> date:
    return MONDAY + timedelta(days=day)


def accounts(*names: str, day: int) -> Rows:
    return [{"date": on(day), "id": uid(name)} for name in names]


def visits(*names: str, day: int) -> Rows:
    return [{"date": on(day), "user_id": uid(name)} for name in names]


def triangle(
    lazy_on: LazyOn, users: pl.DataFrame, activity: pl.DataFrame, weeks: pl.DataFrame
) -> pl.DataFrame:
    created = lazy_on(weeks)
    sizes = large_enough(collected(cohort_sizes(lazy_on(users), created)))
    active = collected(active_later(lazy_on(users), lazy_on(activity), created, lazy_on(weeks)))
    return retention_triangle(sizes, active, weeks)


def test_a_cohort_is_a_week_of_accounts_and_who_of_them_came_in_each_later_week(
    lazy_on: LazyOn,
) -> None:
    users = accounts(*NAMES[:6], day=0) + accounts(*NAMES[6:], day=6)
    activity = [
        *visits(*NAMES, day=6),
        *visits("u0", "u1", "u2", day=7),
        *visits("u0", day=13),
        *visits("a stranger", day=8),
        *visits("u9", day=20),
    ]

    rows = triangle(
        lazy_on, table(Users, users), table(UserActivity, activity), whole_weeks(THREE_WEEKS)
    )

    assert rows.rows() == [
        (MONDAY, 10, 1, 3, Decimal("0.3000")),
        (MONDAY, 10, 2, 1, Decimal("0.1000")),
    ]


def test_a_week_in_which_nobody_came_is_zero_and_not_absent(lazy_on: LazyOn) -> None:
    users = table(Users, accounts(*NAMES, day=0))

    rows = triangle(lazy_on, users, table(UserActivity, []), whole_weeks(THREE_WEEKS))

    assert rows["active"].to_list() == [0, 0]


def test_a_cohort_of_too_few_accounts_is_not_there(lazy_on: LazyOn) -> None:
    users = table(Users, accounts(*NAMES[1:], day=0) + accounts(*NAMES, day=7))

    rows = triangle(lazy_on, users, table(UserActivity, []), whole_weeks(THREE_WEEKS))

    assert rows["cohort"].to_list() == [on(7)]


def test_an_account_whose_creation_moved_to_another_week_is_one_of_that_week_only(
    lazy_on: LazyOn,
) -> None:
    moved = [f"moved{n}" for n in range(SMALLEST_GROUP)]
    users = accounts(*NAMES, *moved, day=0) + accounts(*moved, day=8)

    rows = triangle(
        lazy_on,
        table(Users, users),
        table(UserActivity, visits(*NAMES[:2], *moved, day=15)),
        whole_weeks(THREE_WEEKS),
    )

    assert rows.select("cohort", "accounts", "weeks_later", "active").rows() == [
        (on(0), 10, 1, 0),
        (on(0), 10, 2, 2),
        (on(7), 10, 1, 10),
    ]


def test_a_week_that_lacks_a_day_is_neither_a_cohort_nor_a_later_week(lazy_on: LazyOn) -> None:
    weeks = whole_weeks(day for day in THREE_WEEKS if day != on(8))
    users = table(Users, accounts(*NAMES, day=0) + accounts(*(f"v{n}" for n in range(20)), day=9))

    rows = triangle(lazy_on, users, table(UserActivity, visits("u0", day=9)), weeks)

    assert rows.select("cohort", "weeks_later").rows() == [(MONDAY, 2)]


@pytest.mark.parametrize(
    ("days", "weeks"),
    [
        (DayRange(on(0), on(6)), {on(0)}),
        (DayRange(on(1), on(7)), set()),
        (DayRange(on(-1), on(14)), {on(0), on(7)}),
    ],
)
def test_weeks_are_whole_from_monday_to_sunday(days: DayRange, weeks: set[date]) -> None:
    assert set(whole_weeks(days)["week"]) == weeks


def test_a_monday_is_its_own() -> None:
    assert [monday_of(on(day)) for day in (0, 6, 7)] == [on(0), on(0), on(7)]


def test_shares_are_rounded_half_up(lazy_on: LazyOn) -> None:
    sizes = pl.DataFrame({"cohort": [MONDAY], "accounts": [32_000]})
    active = pl.DataFrame({"cohort": [MONDAY], "week": [on(7)], "active": [16]})

    rows = retention_triangle(sizes, active, whole_weeks(DayRange(on(0), on(13))))

    assert rows["share"].to_list() == [Decimal("0.0005")]


def test_random_cohorts_equal_the_oracle(lazy_on: LazyOn, lake_frames: LakeFrames) -> None:
    weeks = whole_weeks(HISTORY)
    days = DayRange(weeks["date"][0], weeks["date"][-1])
    activity = user_activity(lake_frames, lazy_on)

    rows = triangle(lazy_on, lake_frames.users, activity, weeks)

    expected = ask("cohorts", lake_frames, days, user_activity=activity)
    shares = [
        (Decimal(active) / accounts).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        for accounts, active in expected.select("accounts", "active").iter_rows()
    ]
    assert expected.height > 5
    assert rows.drop("share").rows() == expected.rows()
    assert rows["share"].to_list() == shares
