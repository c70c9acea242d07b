"""Overlap fetching with work: the next item is on its way while the last one is used."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Generator[Item, None, None]) -> Generator[Item, None, None]:
    """Yield the items as they come; at most one more than the one in use is held.

    Who stops early closes `items`, after the fetch that is under way.
    """
    with closing(items), ThreadPoolExecutor(1, "read-ahead") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item
