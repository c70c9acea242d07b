from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.resources.read_ahead import read_ahead


@given(st.lists(st.integers()))
def test_items_come_in_their_order_and_none_is_lost(numbers: list[int]) -> None:
    assert list(read_ahead(number for number in numbers)) == numbers


def test_one_more_than_the_item_in_use_is_fetched() -> None:
    fetched: list[int] = []
    items = read_ahead(_noted(fetched, range(5)))
    next(items)
    next(items)
    items.close()
    assert fetched == [0, 1, 2]


def test_what_fails_is_told_after_what_came_before() -> None:
    def breaking() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    items = read_ahead(breaking())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_who_stops_early_closes_the_source() -> None:
    closed: list[str] = []

    def source() -> Generator[int, None, None]:
        try:
            yield from range(5)
        finally:
            closed.append("closed")

    items = read_ahead(source())
    next(items)
    items.close()
    assert closed == ["closed"]


def _noted(fetched: list[int], numbers: range) -> Generator[int, None, None]:
    for number in numbers:
        fetched.append(number)
        yield number
