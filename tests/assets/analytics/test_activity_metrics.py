from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.analytics.activity_metrics import rolling_actives, summarize_visits
from assets.analytics.rows import EPOCH_ORDINAL, daily
from assets.analytics.system_metrics import calendar_of
from schema.tables.user_activity import UserActivity
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import D, account, day, metrics_of_d, table, uid, visit
from tests.fixtures.summaries import collected

DAYS = DayRange(day(-5), day(5))
VISITS = st.sets(st.tuples(st.sampled_from("abc"), st.integers(-34, 5)))


@settings(max_examples=40, derandomize=True)
@given(visits=VISITS, width=st.sampled_from([1, 7, 30]))
def test_rolling_actives_are_the_distinct_users_of_the_window(
    lazy_on: LazyOn, visits: set[tuple[str, int]], width: int
) -> None:
    activity = table(UserActivity, [visit(who, offset) for who, offset in visits])
    grouped = summarize_visits(lazy_on(activity), lazy_on(table(Users, [])))
    calendar = daily(lazy_on(calendar_of(DAYS)), "date")

    actives = collected(rolling_actives(grouped, calendar, days=width))

    counted = {row["day"]: row["users"] for row in actives.to_dicts()}
    for today in DAYS:
        window = DayRange(today - timedelta(days=width - 1), today)
        present = {who for who, offset in visits if day(offset) in window}
        assert counted[today.toordinal() - EPOCH_ORDINAL] == len(present)


def test_an_account_whose_creation_moved_is_one_account_created_on_the_later_day(
    lazy_on: LazyOn,
) -> None:
    metrics = metrics_of_d(
        lazy_on,
        users=[account("moved", -20), account("moved", -1), account("other", -20)],
        activity=[visit("moved"), visit("other")],
    )

    assert metrics["daily_active_users"] == metrics["monthly_active_users"] == 2
    assert metrics['user_lifecycle {"state": "resurrected"}'] == 2
    assert metrics['retention_rate {"day": 1}'] == 1


def test_a_window_ends_with_the_day_and_forgets_what_lies_before_it(lazy_on: LazyOn) -> None:
    visits = [visit("a"), visit("b", -6), visit("c", -7), visit("d", -29), visit("e", -30)]

    metrics = metrics_of_d(lazy_on, activity=[*visits, visit("f", 1), visit("b", -20)])

    assert metrics["daily_active_users"] == 1
    assert metrics["weekly_active_users"] == 2
    assert metrics["monthly_active_users"] == 4
    assert metrics["stickiness"] == 0.25


def test_stickiness_is_absent_without_a_monthly_user(lazy_on: LazyOn) -> None:
    assert "stickiness" not in metrics_of_d(lazy_on)


def test_stickiness_is_zero_when_nobody_came_today(lazy_on: LazyOn) -> None:
    assert metrics_of_d(lazy_on, activity=[visit("a", -3)])["stickiness"] == 0


def test_users_are_in_the_state_of_their_last_two_days(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        users=[account("new idle"), account("new"), account("late", 3), account("young", -2)],
        activity=[
            *(visit(who) for who in ("new", "late", "young", "old", "back")),
            *(visit(who, -1) for who in ("old", "gone", "also gone")),
            visit("back", -2),
        ],
    )

    assert metrics["new_users"] == 2
    assert metrics['user_lifecycle {"state": "new"}'] == 2
    assert metrics['user_lifecycle {"state": "returning"}'] == 1
    # Not the account created today, nor the one that a later day will have created.
    assert metrics['user_lifecycle {"state": "resurrected"}'] == 2
    assert metrics['user_lifecycle {"state": "dormant"}'] == 2


@pytest.mark.parametrize("days", [1, 7, 30])
def test_retention_is_the_share_that_came_on_the_nth_day(lazy_on: LazyOn, days: int) -> None:
    metrics = metrics_of_d(
        lazy_on,
        users=[account(who, -days) for who in "abc"] + [account("d", 1 - days)],
        activity=[visit("a"), visit("b", -1), visit("d"), visit("e")],
    )

    assert metrics[f'retention_rate {{"day": {days}}}'] == 0.3333


def test_retention_is_zero_when_nobody_returned_and_absent_when_nobody_was_created(
    lazy_on: LazyOn,
) -> None:
    metrics = metrics_of_d(lazy_on, users=[account("a", -7)], activity=[visit("b")])

    assert metrics['retention_rate {"day": 7}'] == 0
    assert 'retention_rate {"day": 1}' not in metrics


def test_visits_forget_who_came(lazy_on: LazyOn) -> None:
    activity = table(UserActivity, [visit("a"), visit("b"), visit("a", 2)])

    visits = collected(summarize_visits(lazy_on(activity), lazy_on(table(Users, []))))

    assert uid("a") not in visits.to_dicts()[0].values()
    today = visits.filter(day=D.toordinal() - EPOCH_ORDINAL).select("rest", "users")
    assert sorted(today.iter_rows()) == [(2, 1), (30, 1)]
