"""How many days are worked on at a time: as many as fit in memory by what they are made of."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date

from assets.resources.lake import Lake
from schema.errors import CorruptPartitionError
from schema.windows import ONE_DAY, DayRange


def chunks_that_fit(
    lake: Lake, tables: Sequence[str], days: DayRange, *, most_rows: int, most_days: int
) -> Iterator[DayRange]:
    """Consecutive pieces whose days have, in these tables, at most so many rows; a day at least."""
    first, rows = days.first, 0
    for day in days:
        of_day = _rows(lake, tables, day)
        piece = DayRange(first, day)
        if len(piece) > 1 and (rows + of_day > most_rows or len(piece) > most_days):
            yield DayRange(first, day - ONE_DAY)
            first, rows = day, 0
        rows += of_day
    yield DayRange(first, days.last)


def _rows(lake: Lake, tables: Sequence[str], day: date) -> int:
    """Rows of a day; a manifest that cannot be read is for whoever reads the day to tell."""
    rows = 0
    for table in tables:
        with suppress(CorruptPartitionError):
            manifest = lake.manifest(table, day)
            rows += manifest.rows if manifest else 0
    return rows
