from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest

from schema.errors import UsageError
from schema.windows import DayRange, consecutive, parse_day, start_of

LEAP_DAY = date(2024, 2, 29)


def days(*numbers: int) -> list[date]:
    return [date(2024, 2, number) for number in numbers]


def test_a_day_is_read_as_people_write_it() -> None:
    assert parse_day("2024-02-29") == LEAP_DAY


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "20240229", "2024-W09-4", "2024-2-9", "29.02.2024", "today", "", " 2024-02-29"],
)
def test_anything_else_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a date: write it as YYYY-MM-DD, for example"):
        parse_day(text)


@pytest.mark.parametrize("text", ["0001-01-01", "1969-12-31", "9999-01-01", "9999-12-31"])
def test_a_day_at_the_ends_of_the_calendar_is_refused_with_the_days_there_are(text: str) -> None:
    with pytest.raises(
        UsageError, match=f"^{text} is too far off: choose a day from 1970-01-01 to 9998-12-31$"
    ):
        parse_day(text)


@pytest.mark.parametrize("text", ["1970-01-01", "9998-12-31"])
def test_the_outermost_days_can_be_asked_for(text: str) -> None:
    assert str(parse_day(text)) == text


def test_a_day_starts_at_midnight_in_utc() -> None:
    assert start_of(LEAP_DAY) == datetime(2024, 2, 29, tzinfo=UTC)


def test_a_range_is_half_open_as_instants() -> None:
    window = DayRange(LEAP_DAY, LEAP_DAY)

    assert (window.start, window.end) == (
        datetime(2024, 2, 29, tzinfo=UTC),
        datetime(2024, 3, 1, tzinfo=UTC),
    )


def test_a_range_has_every_day_from_first_to_last() -> None:
    window = DayRange(date(2024, 2, 28), date(2024, 3, 1))

    assert list(window) == [date(2024, 2, 28), LEAP_DAY, date(2024, 3, 1)]
    assert len(window) == 3


def test_a_range_is_written_by_its_first_and_last_day() -> None:
    assert str(DayRange(*days(10, 12))) == "2024-02-10 to 2024-02-12"
    assert str(DayRange(LEAP_DAY, LEAP_DAY)) == "2024-02-29"


def test_a_range_contains_its_ends_and_nothing_beyond() -> None:
    window = DayRange(*days(10, 12))

    assert [day in window for day in days(9, 10, 12, 13)] == [False, True, True, False]
    assert "2024-02-10" not in window


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    refusal = r"the range ends \(2024-02-10\) before it starts \(2024-02-12\)"

    with pytest.raises(UsageError, match=refusal):
        DayRange(*days(12, 10))


def test_a_range_can_begin_earlier() -> None:
    assert DayRange(*days(10, 12)).preceded_by(9) == DayRange(*days(1, 12))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_chunks_are_the_range_again_in_pieces_of_at_most_the_size(size: int) -> None:
    window = DayRange(*days(1, 7))

    chunks = list(window.chunks(size))

    assert [day for chunk in chunks for day in chunk] == list(window)
    assert max(len(chunk) for chunk in chunks) == min(size, len(window))


def test_consecutive_days_become_ranges_without_gaps() -> None:
    assert consecutive(days(1, 2, 3, 5, 8, 9)) == [
        DayRange(*days(1, 3)),
        DayRange(*days(5, 5)),
        DayRange(*days(8, 9)),
    ]


def test_no_days_are_no_ranges() -> None:
    assert consecutive([]) == []


@pytest.mark.parametrize("border", ["first", "last"])
def test_a_range_can_be_looked_up_and_never_changes(border: str) -> None:
    known = {DayRange(LEAP_DAY, LEAP_DAY): "leap day"}

    assert known[DayRange(LEAP_DAY, LEAP_DAY)] == "leap day"
    with pytest.raises(FrozenInstanceError):
        setattr(DayRange(LEAP_DAY, LEAP_DAY), border, date(2024, 2, 28))
