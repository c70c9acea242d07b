"""A computed table that is larger than memory: sorted rows, day by day, as the engine has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from itertools import groupby
from operator import itemgetter

import polars as pl

from assets.resources.engine import run_in_batches
from assets.resources.lazy_frames import LazyFrame
from assets.resources.parquet import in_row_groups
from schema.errors import ContractError
from schema.tables.columns import Contract, conform
from schema.validation import validate
from schema.windows import DayRange


@dataclass(frozen=True, slots=True)
class SortedOutput:
    """A computed table of which no more than a batch is in memory.

    `rows` come sorted by the columns of its grain, `date` first, in the order of `sorted_by`: no
    two rows have the same, which is checked from one row to the next.
    """

    table: str
    contract: type[Contract]
    rows: LazyFrame
    sorted_by: Sequence[str]
    metric_versions: Mapping[str, int] = field(default_factory=dict)

    def check(self, days: DayRange) -> None:
        """Nothing before the rows are there: each batch is checked as it comes."""

    def by_day(self, days: DayRange) -> Iterator[tuple[date, Iterable[pl.DataFrame]]]:
        """Compute the table, and yield each day with its batches, to be taken in this order.

        Raises:
            ContractError: rows break the contract, are of another day, or are there twice.
        """
        groups = groupby(self._pieces(days), key=itemgetter(0))
        group = next(groups, None)
        for day in days:
            if group is None or group[0] != day:
                yield day, []
                continue
            yield day, in_row_groups(rows for _, rows in group[1])
            group = next(groups, None)

    def _pieces(self, days: DayRange) -> Iterator[tuple[object, pl.DataFrame]]:
        last: pl.DataFrame | None = None
        for batch in run_in_batches(self.rows):
            rows = conform(batch, self.contract)
            refuse_other_days(self.table, rows, days)
            self._refuse_disorder(rows if last is None else pl.concat([last, rows]), days)
            last = rows.tail(1)
            validate(rows, self.contract, partition=f"{self.table} of {days}")
            for (day,), of_day in rows.partition_by(
                "date", as_dict=True, include_key=False, maintain_order=True
            ).items():
                yield day, of_day

    def _refuse_disorder(self, rows: pl.DataFrame, days: DayRange) -> None:
        wrong = rows.filter(~_is_after_the_one_before(self.sorted_by).fill_null(value=True))
        if not wrong.is_empty():
            raise ContractError(
                f"{self.table} of {days} has rows that are there twice or out of order, such as "
                f"of {wrong['date'][0]}: nothing was published; report this as a bug"
            )


def refuse_other_days(table: str, rows: pl.DataFrame, days: DayRange) -> None:
    """Refuse rows of days that are not published now.

    Raises:
        ContractError: names one of the days.
    """
    strays = rows.filter(~pl.col("date").is_between(days.first, days.last))
    if not strays.is_empty():
        raise ContractError(
            f"{table} of {days} has {strays.height} rows of other days, "
            f"such as {strays['date'][0]}: nothing was published; report this as a bug"
        )


def _is_after_the_one_before(columns: Sequence[str]) -> pl.Expr:
    """Whether a row's values, column by column, are greater; null for the first row."""

    def or_later(rest: pl.Expr, name: str) -> pl.Expr:
        value, before = pl.col(name), pl.col(name).shift(1)
        return (value > before) | ((value == before) & rest)

    return reduce(or_later, reversed(columns), pl.lit(value=False))
