from datetime import date

import pytest

from assets.lifecycle.archive_plan import MonthPlan, Way, a_year_before, archive_cut_off
from schema.errors import UsageError

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 11, 25), date(2025, 11, 25)),
        (date(2026, 1, 1), date(2025, 1, 1)),
        (date(2028, 2, 29), date(2027, 2, 28)),
        (date(2029, 2, 28), date(2028, 2, 28)),
        (date(2028, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_year_before_a_leap_day_is_the_28th(day: date, before: date) -> None:
    assert a_year_before(day) == before


def test_without_a_day_a_year_stays() -> None:
    assert archive_cut_off(TODAY, None) == date(2025, 11, 25)


@pytest.mark.parametrize("before", [date(1, 1, 1), date(2026, 11, 24), TODAY])
def test_a_day_up_to_today_is_taken_as_it_is(before: date) -> None:
    assert archive_cut_off(TODAY, before) == before


def test_a_day_in_the_future_is_refused() -> None:
    with pytest.raises(UsageError, match=r"2026-11-26 .* in the future. Give a day up to today"):
        archive_cut_off(TODAY, date(2026, 11, 26))


@pytest.mark.parametrize(
    ("way", "until", "moved", "attached", "completes"),
    [
        (Way.WHOLE, date(2024, 1, 1), 0, 9, True),
        (Way.REST, date(2024, 1, 20), 5, 4, True),
        (Way.ROWS, date(2024, 2, 1), 9, 0, True),
        (Way.ROWS, date(2024, 1, 31), 9, 0, False),
        (Way.ROWS, date(2024, 1, 1), 9, 9, False),
        (Way.WHOLE, date(2024, 1, 1), 0, 0, False),
        (Way.ROWS, date(2024, 2, 1), 0, 0, False),
    ],
)
def test_a_month_is_complete_once_all_its_rows_are_archived_and_there_are_some(
    way: Way, until: date, moved: int, attached: int, *, completes: bool
) -> None:
    plan = MonthPlan(date(2024, 1, 1), way, until, moved, attached, size_bytes=0)

    assert plan.completes_month is completes
