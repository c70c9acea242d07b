"""What a creator's history begins with: every day that was published before the first report."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

import polars as pl

from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from reports.creator.history_csv import ANSWERS, COLUMNS
from reports.creator.model import NUMBERS
from schema.sql import load_sql

TABLE = "user_analytics"
SCHEMA = {"user_id": pl.String(), "date": pl.Date(), **dict.fromkeys(NUMBERS, pl.Int64())}


@dataclass(frozen=True)
class PastNumbers:
    """Histories from the platform's `user_analytics`, and finality from the lake.

    Days that are `held` are not among them: a report that shows them later adds them.
    """

    postgres: Postgres
    lake: Lake
    held: Collection[date] = frozenset()

    def histories(self, creators: Sequence[UUID]) -> Mapping[UUID, str]:
        """CSV as `history_csv` writes it, of each creator that ever had a number.

        From the first day with a number on, each published day has a row.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        """
        with self.postgres.session(Role.REPORTER) as connection:
            rows = connection.execute(
                load_sql(__package__, "select_past_numbers"), {"ids": list(creators)}
            ).fetchall()
        named = [(str(user_id), *numbers) for user_id, *numbers in rows]
        frame = pl.DataFrame(named, schema=SCHEMA, orient="row")
        parts = lay_out_days(frame, self._calendar).partition_by("user_id", as_dict=True)
        return {UUID(str(key)): part.select(COLUMNS).write_csv() for (key,), part in parts.items()}

    @cached_property
    def _calendar(self) -> pl.DataFrame:
        """Published days, and whether each is final."""
        days = [day for day in self.lake.published_days(TABLE) if day not in self.held]
        answers = [ANSWERS[self._is_final(day)] for day in days]
        return pl.DataFrame({"date": days, "final": answers}, schema_overrides={"date": pl.Date})

    def _is_final(self, day: date) -> bool:
        manifest = self.lake.manifest(TABLE, day)
        return bool(manifest and manifest.is_final)


def lay_out_days(numbers: pl.DataFrame, calendar: pl.DataFrame) -> pl.DataFrame:
    """A row for each day of the calendar since an account's first row: 0 where it has none."""
    first = numbers.group_by("user_id", maintain_order=True).agg(first=pl.col("date").min())
    days = first.join(calendar, how="cross").filter(pl.col("date") >= pl.col("first"))
    return days.join(
        numbers, on=["user_id", "date"], how="left", maintain_order="left"
    ).with_columns(pl.col(NUMBERS).fill_null(0))
