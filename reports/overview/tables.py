"""Tables of the overview: what is exported as it is, and shown in words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from reports.overview.words import NOTHING, exact_number, exact_per_cent


class Kind(StrEnum):
    """How the values of a column are written for people."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    MOMENT = "moment"


SHOWN: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TEXT: str,
    Kind.NUMBER: exact_number,
    Kind.SHARE: exact_per_cent,
    Kind.MOMENT: lambda moment: f"{moment:%Y-%m-%d %H:%M} UTC",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name in exports, and its heading and kind on the page."""

    name: str
    heading: str
    kind: Kind = Kind.NUMBER


DAY = Column("date", "day", Kind.TEXT)
# Where the groups of digits of an id begin, and how long they are.
UUID_PARTS = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page. `name` is that of its files; the page shows the first or last rows.

    Ids are text in their canonical form: the frame is exported as it is.
    """

    name: str
    title: str
    frame: pl.DataFrame
    columns: Sequence[Column]
    is_newest_first: bool = False
    most_rows: int | None = None

    @property
    def shown(self) -> pl.DataFrame:
        """The rows that the page shows, in their order there."""
        ordered = self.frame.reverse() if self.is_newest_first else self.frame
        return ordered if self.most_rows is None else ordered.head(self.most_rows)

    @property
    def headings(self) -> list[str]:
        """Headings of the columns on the page."""
        return [column.heading for column in self.columns]

    def cells(self) -> Iterable[list[str]]:
        """Texts of the rows that the page shows."""
        names = [column.name for column in self.columns]
        writers = [SHOWN[column.kind] for column in self.columns]
        for row in self.shown.select(names).iter_rows():
            yield [
                NOTHING if value is None else write(value)
                for value, write in zip(row, writers, strict=True)
            ]


def daily_table(
    name: str, title: str, frame: pl.DataFrame, headings: Mapping[str, str], *, share: bool = False
) -> Table:
    """A table with a row per day, newest first; `headings` are those of the other columns."""
    kind = Kind.SHARE if share else Kind.NUMBER
    columns = [Column(column, heading, kind) for column, heading in headings.items()]
    return Table(name, title, frame, [DAY, *columns], is_newest_first=True)


def as_uuid(column: str) -> pl.Expr:
    """An id of the lake as text in its canonical form."""
    digits = pl.col(column).bin.encode("hex")
    parts = [digits.str.slice(start, length) for start, length in UUID_PARTS]
    return pl.concat_str(parts, separator="-").alias(column)
