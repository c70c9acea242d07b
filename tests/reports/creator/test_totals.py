from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from reports.creator.model import ENGAGEMENTS, NUMBERS, Period, ReportPeriod, Usual
from reports.creator.totals import (
    count_by_type,
    lay_out,
    list_series,
    sum_period,
    sum_weeks,
    usual_numbers,
)
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.windows import DayRange
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import day, engaged, table, uid
from tests.fixtures.summaries import collected

LIKES = "total_likes"
LONG_AGO = date(2020, 1, 1)


def creators(*names: str, since: date = LONG_AGO) -> pl.DataFrame:
    return pl.DataFrame({"user_id": [uid(name) for name in names], "created_day": since})


def numbers(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"user_id": pl.Binary, "date": pl.Date} | dict.fromkeys(NUMBERS, pl.Int64)
    zeros = dict.fromkeys(NUMBERS, 0)
    return pl.DataFrame([zeros | row for row in rows], schema=schema, orient="row")


def types(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"author_id": pl.Binary, "date": pl.Date} | dict.fromkeys(ENGAGEMENTS, pl.Int64)
    zeros = dict.fromkeys(ENGAGEMENTS, 0)
    return pl.DataFrame([zeros | row for row in rows], schema=schema, orient="row")


def likes_of(counts: dict[int, int], period: ReportPeriod) -> pl.DataFrame:
    """Ana's days, with likes on those so many days from the last one."""
    rows = [
        {"user_id": uid("ana"), "date": period.last + timedelta(days=offset), LIKES: likes}
        for offset, likes in counts.items()
    ]
    return lay_out(creators("ana"), list(period.shown), numbers(*rows), types())


def usual_likes(
    daily: pl.DataFrame,
    period: ReportPeriod,
    *,
    since: date = LONG_AGO,
    weeks: Sequence[DayRange] | None = None,
) -> Usual | None:
    known = list(period.before.chunks(7)) if weeks is None else weeks
    rows = sum_weeks(daily, creators("ana", since=since), known, period).to_dicts()
    return usual_numbers(rows[0])[LIKES] if rows else None


def test_events_are_counted_per_type_and_views_are_none_of_them(lazy_on: LazyOn) -> None:
    rows = table(
        PostEngagementDaily,
        [
            engaged("ana", "LIKE", 2),
            engaged("ana", "LIKE", 3, post_id=uid("other")),
            engaged("ana", "VIEW", 90),
            engaged("ana", "SAVE", 1, date=day(1)),
        ],
    )

    counted = collected(count_by_type(lazy_on(rows), "author_id", "date")).sort("date")

    assert counted.select("date", *ENGAGEMENTS).rows() == [
        (day(), 5, 0, 0, 0, 0),
        (day(1), 0, 0, 0, 1, 0),
    ]


def test_every_creator_has_every_day_in_order_and_zeros_where_nothing_was_counted() -> None:
    daily = lay_out(
        creators("ben", "ana"),
        [day(), day(1)],
        numbers({"user_id": uid("ana"), "date": day(1), LIKES: 4}),
        types({"author_id": uid("ben"), "date": day(), "CLICK": 2}),
    )

    series = list_series(daily)

    assert series.select("user_id", LIKES, "CLICK").rows() == [
        (uid("ben"), [0, 0], [2, 0]),
        (uid("ana"), [0, 4], [0, 0]),
    ]
    assert daily.null_count().sum_horizontal().sum() == 0


def test_totals_are_of_the_period_alone() -> None:
    period = ReportPeriod(Period.WEEK, day())

    sums = sum_period(likes_of({-7: 100, -6: 1, 0: 2}, period), period)

    assert sums[LIKES].to_list() == [3]


def test_a_day_is_compared_with_the_same_weekday_of_the_weeks_before() -> None:
    period = ReportPeriod(Period.DAY, day())

    usual = usual_likes(likes_of({0: 9, -1: 50, -7: 1, -14: 2, -21: 3, -28: 5}, period), period)

    assert usual == Usual(weeks=4, mean=Fraction(11, 4), lowest=1, highest=5)


def test_a_week_is_compared_with_each_of_the_weeks_before() -> None:
    period = ReportPeriod(Period.WEEK, day())

    usual = usual_likes(likes_of({-7: 1, -13: 1, -14: 4, -34: 7}, period), period)

    assert usual == Usual(weeks=4, mean=Fraction(13, 4), lowest=0, highest=7)


def test_a_month_holds_every_weekday_four_times() -> None:
    period = ReportPeriod(Period.MONTH, day())

    usual = usual_likes(likes_of({-28: 1, -34: 2, -55: 5}, period), period)

    assert usual == Usual(weeks=4, mean=Fraction(4 * 8, 4), lowest=0, highest=20)


def test_a_week_before_the_account_was_there_is_left_out() -> None:
    period = ReportPeriod(Period.DAY, day())
    daily = likes_of({-7: 1, -14: 2, -21: 4, -28: 8}, period)

    # The second week before begins 14 days before; whoever came on that day has seen it whole.
    assert usual_likes(daily, period, since=day(-14)) == Usual(2, Fraction(3, 2), 1, 2)
    assert usual_likes(daily, period, since=day(-13)) == Usual(1, Fraction(1), 1, 1)
    assert usual_likes(daily, period, since=day(-6)) is None


def test_weeks_that_were_not_published_are_left_out() -> None:
    period = ReportPeriod(Period.DAY, day())
    published = list(period.before.chunks(7))[2:]

    usual = usual_likes(likes_of({-7: 1, -14: 2, -21: 40}, period), period, weeks=published)

    assert usual == Usual(2, Fraction(3, 2), 1, 2)
    assert usual_likes(likes_of({}, period), period, weeks=[]) is None


@pytest.mark.parametrize("period", list(Period))
def test_nothing_at_all_is_usual_for_a_quiet_creator(period: Period) -> None:
    about = ReportPeriod(period, day())

    assert usual_likes(likes_of({}, about), about) == Usual(4, Fraction(0), 0, 0)
