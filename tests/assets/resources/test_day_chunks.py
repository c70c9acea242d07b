from datetime import date, timedelta

import polars as pl
import pytest

from assets.resources.day_chunks import chunks_that_fit
from assets.resources.lake import Lake
from assets.resources.manifest import MANIFEST
from schema.windows import DayRange
from tests.fixtures.intake import put

FIRST = date(2024, 2, 27)


def rows(count: int) -> pl.DataFrame:
    return pl.DataFrame({"n": range(count)})


@pytest.mark.parametrize(
    ("per_day", "lengths"),
    [
        ([1, 1, 1, 1, 1], [3, 2]),
        ([4, 4, 4], [1, 1, 1]),
        ([2, 2, 9, 2, 2], [2, 1, 2]),
        ([9, 1, 1, 1, 9], [1, 3, 1]),
        ([0, 0, 0, 0], [3, 1]),
        ([9], [1]),
    ],
)
def test_a_piece_has_few_enough_rows_and_days_and_the_pieces_are_all_days(
    lake: Lake, per_day: list[int], lengths: list[int]
) -> None:
    days = DayRange(FIRST, FIRST + timedelta(days=len(per_day) - 1))
    for day, count in zip(days, per_day, strict=True):
        put(lake, "a", day, rows(count // 2))
        put(lake, "b", day, rows(count - count // 2))

    pieces = list(chunks_that_fit(lake, ["a", "b"], days, most_rows=4, most_days=3))

    assert [len(piece) for piece in pieces] == lengths
    assert [day for piece in pieces for day in piece] == list(days)


def test_days_that_were_never_published_or_cannot_be_read_weigh_nothing(lake: Lake) -> None:
    days = DayRange(FIRST, FIRST + timedelta(days=4))
    put(lake, "a", FIRST, rows(9))
    (lake.partition_folder("a", FIRST) / MANIFEST).write_text("{")

    assert list(chunks_that_fit(lake, ["a"], days, most_rows=1, most_days=9)) == [days]
