"""All times of a load moved by the same whole days, so that the newest falls on a day of choice."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from assets.seeding.load.columns import TABLES, Kind, Table
from schema.errors import UsageError

Frames = dict[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much all times were moved, and whose was the newest, as `deleted_at of users`."""

    by: timedelta
    newest: str


def shift_to(frames: Frames, ending: date | None) -> Shift | None:
    """The shift that brings the newest of all times to a day; none without a day or times.

    Of all, whatever its column: a time of login or deletion must not come to lie in the future.
    """
    times = {
        f"{name} of {table.name}": newest
        for table in TABLES
        for name in _times_of(table)
        if isinstance(newest := frames[table.name][name].max(), datetime)
    }
    if ending is None or not times:
        return None
    whose = max(times, key=times.__getitem__)
    return Shift(ending - times[whose].date(), whose)


def shifted(frames: Frames, shift: Shift | None) -> Frames:
    """The frames with all times moved.

    Raises:
        UsageError: a time would leave the calendar.
    """
    if shift is None:
        return frames
    return {table.name: _moved(table, frames[table.name], shift.by) for table in TABLES}


def _times_of(table: Table) -> list[str]:
    return [name for name, column in table.columns.items() if column.kind is Kind.TIMESTAMP]


def _moved(table: Table, frame: pl.DataFrame, shift: timedelta) -> pl.DataFrame:
    names = _times_of(table)
    moved = frame.with_columns(pl.col(names) + shift)
    for name in names:
        if not moved[name].drop_nulls().dt.year().is_between(1, 9999).all():
            raise UsageError(
                f"a shift by {shift.days} days would take {name} of {table.name} out of the years 1"
                " to 9999: choose another --ending, or leave such rows out"
            )
    return moved
