"""Read one day of one table out of PostgreSQL, in a shared snapshot, validated as it passes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import polars as pl
from psycopg import sql

from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.arrow_reader import (
    ArrowReader,
    naive_window,
    open_arrow_reader,
    refuse_impossible_instants,
)
from assets.resources.postgres import Postgres
from assets.resources.snapshot import Snapshot
from schema.sql import load_sql
from schema.validation import validate
from schema.windows import DayRange


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What PostgreSQL itself does not tell of a day; ids as hexadecimal text.

    `posts` and `users` were part of its engagement that is kept outside. `seen_posts` were found
    touched when the day, over by then, was read before, each with its visibility of that time, in
    one text each, between commas; `stay_touched`: whatever touches them now.
    """

    posts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    seen_posts: str = ""
    seen_visibilities: str = ""
    stay_touched: bool = True


ALL_IN_POSTGRES = Elsewhere()


@dataclass(frozen=True, slots=True)
class SnapshotReader:
    """What ingestion reads of one snapshot."""

    rows: ArrowReader

    def read(self, table: str, day: date, elsewhere: Elsewhere = ALL_IN_POSTGRES) -> "Reading":
        """Begin to read the table's rows of one day."""
        return Reading(self.batches(table, day, elsewhere), table, day)

    def batches(
        self, table: str, day: date, elsewhere: Elsewhere = ALL_IN_POSTGRES
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows as they come, each with the hash of what numbers depend on.

        Raises:
            SchemaMismatchError: the table, a column or a privilege is missing.
            DatabaseUnavailableError: the connection was lost.
        """
        facts = facts_of(day, elsewhere)
        return self.rows.batches(select_of(table), facts, subject=f"{table} of {day}")


@dataclass(slots=True)
class Reading:
    """Validated batches of a table's rows of one day, with the fingerprint of what has passed."""

    batches: Iterable[pl.DataFrame]
    table: str
    day: date
    fingerprint: int = 0

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield validated batches.

        Raises:
            ContractError: a batch breaks the table's contract.
            SchemaMismatchError: the table, a column or a privilege is missing.
            DatabaseUnavailableError: the connection was lost.
        """
        partition = f"{self.table} of {self.day}"
        for frame in self.batches:
            refuse_impossible_instants(frame, partition)
            # Sums of 64-bit hashes outgrow 64 bits.
            self.fingerprint += int(frame["row_hash"].cast(pl.Int128).sum())
            yield validate(frame, SOURCE_TABLES[self.table], partition=partition)


def select_of(table: str) -> sql.SQL:
    """The statement that reads a table's rows of a window."""
    return load_sql(__package__, f"select_{table}")


def facts_of(day: date, elsewhere: Elsewhere = ALL_IN_POSTGRES) -> dict[str, object]:
    """A day as the statement's parameters."""
    return naive_window(DayRange(day, day)) | {
        "elsewhere_posts": list(elsewhere.posts),
        "elsewhere_users": list(elsewhere.users),
        "seen_posts": elsewhere.seen_posts,
        "seen_visibilities": elsewhere.seen_visibilities,
        "stay_touched": elsewhere.stay_touched,
    }


@contextmanager
def open_reader(postgres: Postgres, snapshot: Snapshot) -> Iterator[SnapshotReader]:
    """Connect as the reader and enter the snapshot."""
    with open_arrow_reader(postgres, snapshot) as rows:
        yield SnapshotReader(rows)
