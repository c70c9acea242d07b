"""Overlap fetching with work: the next item is on its way while the last one is used."""

from collections.abc import Generator
from concurrent.futures import Executor, wait
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Generator[Item, None, None], thread: Executor) -> Generator[Item, None, None]:
    """Yield the items as they come; at most one more than the one in use is held.

    Who stops early closes `items`, after the fetch that is under way. Whatever `items` fetches from
    is closed after `thread`: nobody closes a generator that an error left half used.
    """
    with closing(items):
        coming = thread.submit(next, items, None)
        try:
            while (item := coming.result()) is not None:
                coming = thread.submit(next, items, None)
                yield item
        finally:
            wait([coming])
