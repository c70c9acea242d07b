from datetime import date, datetime, timedelta

import polars as pl

from assets.seeding.load.span import span_of
from schema.windows import DayRange

SUMMER = datetime(2020, 7, 1)
TEN_DAYS = [SUMMER + timedelta(days=day, hours=3) for day in range(10)]


def frames(*moments: datetime) -> dict[str, pl.DataFrame]:
    """Some in one table, some in another, and a table without rows."""
    created = pl.DataFrame({"created_at": moments}, schema={"created_at": pl.Datetime("us")})
    half = created.height // 2
    return {"posts": created[:half], "comments": created[half:], "users": created.clear()}


def test_no_rows_have_no_days() -> None:
    assert span_of(frames()) is None


def test_days_that_lie_together_are_one_bulk() -> None:
    span = span_of(frames(*TEN_DAYS, SUMMER))

    assert span is not None
    assert span.days == span.bulk == DayRange(date(2020, 7, 1), date(2020, 7, 10))
    assert (span.filled, span.outside, span.rows) == (10, {}, 11)


def test_a_few_rows_far_off_lie_outside_of_the_bulk() -> None:
    far = [datetime(1970, 1, 1), datetime(2099, 1, 1)]

    span = span_of(frames(*TEN_DAYS, *far))

    assert span is not None
    assert span.days == DayRange(date(1970, 1, 1), date(2099, 1, 1))
    assert span.bulk == DayRange(date(2020, 7, 1), date(2020, 7, 10))
    assert (span.filled, span.rows) == (12, 12)
    assert span.outside == {date(1970, 1, 1): 1, date(2099, 1, 1): 1}


def test_rows_that_only_have_the_date_of_the_oldest_do_not_keep_it_in_the_bulk() -> None:
    far = [datetime(1970, 1, 1)] * 501

    span = span_of(frames(*TEN_DAYS, *far), undated=500)

    assert span is not None
    assert span.bulk == DayRange(date(2020, 7, 1), date(2020, 7, 10))
    assert span.outside == {date(1970, 1, 1): 501}
    assert (span.rows, span.undated) == (511, 500)


def test_rows_without_a_date_have_the_first_day_of_the_others_in_the_bulk() -> None:
    span = span_of(frames(*TEN_DAYS, *[SUMMER] * 500), undated=500)

    assert span is not None
    assert span.bulk == span.days == DayRange(date(2020, 7, 1), date(2020, 7, 10))


def test_many_rows_far_off_belong_to_the_bulk() -> None:
    span = span_of(frames(*TEN_DAYS, *[datetime(1970, 1, 1)] * 2))

    assert span is not None
    assert span.bulk == span.days


def test_of_two_rows_none_is_the_outlier() -> None:
    span = span_of(frames(datetime(1970, 1, 1), SUMMER))

    assert span is not None
    assert span.bulk == span.days
