"""Stream one day of one table out of PostgreSQL, batch by batch, in a shared snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import polars as pl
import polars.selectors as cs
import psycopg
import pyarrow as pa
from psycopg import sql

from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.postgres import Postgres, Role
from assets.resources.snapshot import Snapshot
from schema.errors import ContractError, DatabaseUnavailableError, SchemaMismatchError
from schema.sql import load_sql
from schema.validation import validate
from schema.windows import DayRange, start_of

PACKAGE = "assets.ingestion"
CENT = pl.lit("0.01").cast(pl.Decimal(3, 2))
EARLIEST_US = int(start_of(date.min).timestamp()) * 1_000_000
LATEST_US = (int(start_of(date.max).timestamp()) + 86_400) * 1_000_000 - 1
# SQLSTATE 42*: a column, table or privilege that the statement names is not there; 42704 is a
# snapshot that has gone with the session that exported it.
SYNTAX_OR_ACCESS = "42"
NO_SUCH_SNAPSHOT = "42704"


@dataclass(frozen=True, slots=True)
class SnapshotReader:
    """One Arrow connection that sees exactly the exported snapshot, as the reader role."""

    arrow: adbc.Connection
    composer: psycopg.ClientCursor

    def read(self, table: str, day: date) -> "Reading":
        """Begin to read the table's rows of one day."""
        return Reading(self, table, day)

    def batches(self, table: str, day: date) -> Iterator[pl.DataFrame]:
        """Yield the rows as they come, each with the hash of what numbers depend on.

        Raises:
            SchemaMismatchError: the table, a column or a privilege is missing.
            DatabaseUnavailableError: the connection was lost.
        """
        statement = self.composer.mogrify(select_of(table), window_of(day))
        with self.arrow.cursor() as cursor, clear_read_errors(f"{table} of {day}"):
            cursor.execute(statement)
            for batch in cursor.fetch_record_batch():
                yield _frame(batch)


@dataclass(slots=True)
class Reading:
    """Validated batches of a table's rows of one day, counted as they pass."""

    reader: SnapshotReader
    table: str
    day: date
    rows: int = 0
    fingerprint: int = 0

    def __iter__(self) -> Iterator[pl.DataFrame]:
        """Yield validated batches.

        Raises:
            ContractError: a batch breaks the table's contract.
            SchemaMismatchError: the table, a column or a privilege is missing.
            DatabaseUnavailableError: the connection was lost.
        """
        partition = f"{self.table} of {self.day}"
        for frame in self.reader.batches(self.table, self.day):
            refuse_impossible_instants(frame, partition)
            self.rows += frame.height
            # Sums of 64-bit hashes outgrow 64 bits.
            self.fingerprint += int(frame["row_hash"].cast(pl.Int128).sum())
            yield validate(frame, SOURCE_TABLES[self.table], partition=partition)


def select_of(table: str) -> sql.SQL:
    """The statement that reads a table's rows of a window."""
    return load_sql(PACKAGE, f"select_{table}")


def window_of(day: date) -> dict[str, object]:
    """A day as the statement's window, in the platform's naive UTC."""
    window = DayRange(day, day)
    return {
        "window_start": window.start.replace(tzinfo=None),
        "window_end": window.end.replace(tzinfo=None),
    }


@contextmanager
def open_reader(postgres: Postgres, snapshot: Snapshot) -> Iterator[SnapshotReader]:
    """Connect as the reader and enter the snapshot."""
    with (
        clear_read_errors("the snapshot"),
        adbc.connect(postgres.conninfo(Role.READER)) as connection,
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            name = snapshot.composer.mogrify("SET TRANSACTION SNAPSHOT %s", [snapshot.name])
            cursor.execute(name)
        yield SnapshotReader(connection, snapshot.composer)


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    frame = pl.DataFrame(batch)
    if "value_hundredths" not in frame.columns:
        return frame
    cents = pl.col("value_hundredths").cast(pl.Decimal(7, 2))
    return frame.with_columns(value=(cents * CENT).cast(pl.Decimal(5, 2)))


@contextmanager
def clear_read_errors(subject: str) -> Iterator[None]:
    """Say in one sentence why a read failed."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        reason = str(error).strip().splitlines()[0]
        state = error.sqlstate or ""
        if state.startswith(SYNTAX_OR_ACCESS) and state != NO_SUCH_SNAPSHOT:
            raise SchemaMismatchError(
                f"{subject} cannot be read: {reason}. The database is not as this version expects: "
                "run `sociallive migrate`, or undo the change of the table"
            ) from error
        raise DatabaseUnavailableError(
            f"reading {subject} from PostgreSQL failed: {reason}. Run the day again"
        ) from error
    except OSError as error:
        # The driver's stream speaks through pyarrow, which knows no SQLSTATE.
        reason = str(error).strip().splitlines()[0]
        raise DatabaseUnavailableError(
            f"reading {subject} from PostgreSQL broke off: {reason}. Run the day again"
        ) from error


def refuse_impossible_instants(frame: pl.DataFrame, partition: str) -> None:
    """Refuse infinity, which the driver turns into a wrong instant, and what calendars lack.

    Raises:
        ContractError: names the columns and how many rows of each.
    """
    impossible = ~cs.datetime().to_physical().is_between(EARLIEST_US, LATEST_US)
    counts = frame.select(impossible.sum()).to_dicts()[0]
    broken = [f"{column} in {count} rows" for column, count in counts.items() if count]
    if broken:
        raise ContractError(
            f"{partition} has instants that are infinite or beyond the years 1 to 9999: "
            f"{', '.join(broken)}. Nothing of it was published: "
            "correct these rows at their source and run the day again"
        )
