import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.resources.read_ahead import read_ahead


@pytest.fixture(scope="module")
def thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@given(numbers=st.lists(st.integers()))
def test_items_come_in_their_order_and_none_is_lost(
    thread: ThreadPoolExecutor, numbers: list[int]
) -> None:
    assert list(read_ahead((number for number in numbers), thread)) == numbers


def test_one_more_than_the_item_in_use_is_fetched(thread: ThreadPoolExecutor) -> None:
    fetched: list[int] = []
    items = read_ahead(_noted(fetched, range(5)), thread)
    next(items)
    next(items)
    items.close()
    assert fetched == [0, 1, 2]


def test_what_fails_is_told_after_what_came_before(thread: ThreadPoolExecutor) -> None:
    def breaking() -> Generator[int, None, None]:
        yield 1
        raise ValueError("broken")

    items = read_ahead(breaking(), thread)
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_who_stops_early_closes_the_source(thread: ThreadPoolExecutor) -> None:
    closed: list[str] = []

    def source() -> Generator[int, None, None]:
        try:
            yield from range(5)
        finally:
            closed.append("closed")

    items = read_ahead(source(), thread)
    next(items)
    items.close()
    assert closed == ["closed"]


def test_whoever_ends_the_thread_first_closes_nothing_under_a_fetch() -> None:
    began, goes_on = threading.Event(), threading.Event()
    at_work: list[bool] = []

    def slow() -> Generator[int, None, None]:
        yield 1
        began.set()
        goes_on.wait()
        at_work.append(False)
        yield 2

    with ThreadPoolExecutor(1) as executor:
        abandoned = read_ahead(slow(), executor)
        next(abandoned)
        began.wait()
        goes_on.set()
    assert at_work == [False]
    abandoned.close()


def _noted(fetched: list[int], numbers: range) -> Generator[int, None, None]:
    for number in numbers:
        fetched.append(number)
        yield number
