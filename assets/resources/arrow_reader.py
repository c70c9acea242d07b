"""Stream statements out of PostgreSQL as Arrow, batch by batch, in a shared snapshot."""

from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date

import adbc_driver_manager
import adbc_driver_postgresql.dbapi as adbc
import polars as pl
import polars.selectors as cs
import psycopg
import pyarrow as pa
from psycopg import sql

from assets.resources.postgres import Postgres, Role
from assets.resources.read_ahead import read_ahead
from assets.resources.read_timeout import Watchdog, watchdog_beside
from assets.resources.snapshot import Snapshot
from schema.connecting import BEGIN_SESSION
from schema.errors import ContractError, DatabaseUnavailableError, SchemaMismatchError
from schema.windows import DayRange, start_of

CENT = pl.lit("0.01").cast(pl.Decimal(3, 2))
EARLIEST_US = int(start_of(date.min).timestamp()) * 1_000_000
LATEST_US = (int(start_of(date.max).timestamp()) + 86_400) * 1_000_000 - 1
# SQLSTATE 42*: a column, table or privilege that the statement names is not there; 42704 is a
# snapshot that has gone with the session that exported it.
SYNTAX_OR_ACCESS = "42"
NO_SUCH_SNAPSHOT = "42704"


@dataclass(frozen=True, slots=True)
class ArrowReader:
    """One Arrow connection that sees exactly the exported snapshot, as the reader role."""

    arrow: adbc.Connection
    composer: psycopg.ClientCursor
    thread: Executor
    watchdog: Watchdog

    @property
    def session(self) -> psycopg.Connection:
        """The session that exported the snapshot, for small questions."""
        return self.composer.connection

    def batches(
        self, statement: sql.SQL, facts: Mapping[str, object], *, subject: str
    ) -> Iterator[pl.DataFrame]:
        """Yield the rows as they come; a `value_hundredths` becomes the exact `value`.

        The next batch is fetched while the last one is worked on.

        Raises:
            SchemaMismatchError: the table, a column or a privilege is missing.
            DatabaseUnavailableError: the connection was lost, or fell silent.
        """
        rows = self._fetch(self.composer.mogrify(statement, facts), subject)
        yield from read_ahead(rows, self.thread)

    def _fetch(self, statement: str, subject: str) -> Generator[pl.DataFrame, None, None]:
        with self.arrow.cursor() as cursor, clear_read_errors(subject):
            self.watchdog.bounded(lambda: cursor.execute(statement))
            batches = iter(cursor.fetch_record_batch())
            while (batch := self.watchdog.bounded(lambda: next(batches, None))) is not None:
                yield _frame(batch)


@contextmanager
def open_arrow_reader(postgres: Postgres, snapshot: Snapshot) -> Iterator[ArrowReader]:
    """Connect as the reader and enter the snapshot."""
    watchdog = watchdog_beside(snapshot.session)
    with (
        clear_read_errors("the snapshot"),
        watchdog.bounded(lambda: adbc.connect(postgres.conninfo(Role.READER))) as connection,
        ThreadPoolExecutor(1, "read-ahead") as thread,
    ):
        watchdog.bounded(lambda: _enter(snapshot, connection))
        try:
            yield ArrowReader(connection, snapshot.composer, thread, watchdog)
        except BaseException:
            # Of a refused day nothing more is wanted, however long it would take to arrive.
            if not watchdog.is_cut:
                # A server that is gone cannot be told.
                with suppress(adbc_driver_manager.Error):
                    connection.adbc_cancel()
            raise


def _enter(snapshot: Snapshot, connection: adbc.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(snapshot.composer.mogrify("SET TRANSACTION SNAPSHOT %s", [snapshot.name]))
        cursor.execute(BEGIN_SESSION)
        cursor.fetchall()


def naive_window(days: DayRange) -> dict[str, object]:
    """Days as a statement's window, in the platform's naive UTC."""
    return {
        "window_start": days.start.replace(tzinfo=None),
        "window_end": days.end.replace(tzinfo=None),
    }


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
