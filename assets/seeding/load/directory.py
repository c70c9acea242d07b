"""A folder of files into the platform's tables: all of what can go in, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg

from assets.resources.erasures import require_tombstones
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones
from assets.seeding.bulk import bulk_inserts
from assets.seeding.load.columns import TABLES, USER_ENGAGEMENT, Table
from assets.seeding.load.erased import mark_erased
from assets.seeding.load.existing import is_empty
from assets.seeding.load.judging import accepted, count_undated, judge_rows, with_dates
from assets.seeding.load.parsing import parse_rows
from assets.seeding.load.reading import find_files, read_texts
from assets.seeding.load.report import LoadReport, TableReport, count_reasons, write_rejects
from assets.seeding.load.shifting import shift_to, shifted
from assets.seeding.load.span import span_of
from assets.seeding.load.writing import write_rows
from schema.errors import ContractError, DatabaseUnavailableError

Progress = Callable[[str], None]


def load_directory(
    postgres: Postgres,
    directory: Path,
    *,
    ending: date | None,
    rejects: Path,
    progress: Progress,
    tombstones: Tombstones | None = None,
) -> LoadReport:
    """Load users, posts, comments, user_followers and user_engagement from Parquet or CSV.

    Rows that cannot go in are written to `rejects`, one CSV per table, with their reasons. With
    `ending`, all times move by the whole days that bring the newest loaded one to that day. Rows on
    their way lie on the disk of `rejects`, in files without names, unless they are few.
    Rows that the database has already are among the rejected: a second load changes nothing. So are
    those of accounts that were erased, and their rejects tell nothing of them.

    Raises:
        UsageError: the folder, a file's columns or `ending` cannot be right.
        ErasureUnfinishedError: the database knows of erasures that this home does not.
        ContractError: a file is damaged, or PostgreSQL refused the rows. Nothing was loaded.
        DatabaseUnavailableError: the session was lost. Nothing was loaded.
        StorageError: the rejects cannot be written. Nothing was loaded.
    """
    texts = {}
    for table, path in find_files(directory).items():
        progress(f"reading {path.name}")
        texts[table] = read_texts(_table(table), path, rejects)
    frames = {name: parse_rows(_table(name), frame, rejects) for name, frame in texts.items()}
    if tombstones is not None:
        frames = mark_erased(frames, tombstones)
    with _refusals(), postgres.administration() as connection, bulk_inserts(connection):
        require_tombstones(connection, tombstones)
        progress("checking keys and references")
        joined = not is_empty(connection, USER_ENGAGEMENT.name)
        judged = judge_rows(connection, frames)
        undated = count_undated(judged)
        judged = with_dates(judged)
        rows = {table.name: accepted(table, judged[table.name], rejects) for table in TABLES}
        shift = shift_to(rows, ending)
        rows = shifted(rows, shift)
        written = write_rows(connection, rows, progress)
        reports = [
            TableReport(
                table=name,
                read=frame.height,
                loaded=written[name],
                reasons=count_reasons(judged[name]),
                rejects=write_rejects(rejects, name, judged[name], frame),
            )
            for name, frame in texts.items()
        ]
    span = span_of(rows, undated=undated)
    return LoadReport(tuple(reports), rejects, span, shift=shift, joined=joined)


def _table(name: str) -> Table:
    return next(table for table in TABLES if table.name == name)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what PostgreSQL says into one sentence that quotes no user."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise DatabaseUnavailableError(
            f"PostgreSQL ended the load ({type(error).__name__}): nothing was loaded. Try again"
        ) from error
    except psycopg.Error as error:
        said = error.diag
        where = ", ".join(filter(None, (said.table_name, said.column_name, said.constraint_name)))
        raise ContractError(
            f"PostgreSQL refused the rows ({type(error).__name__}, SQLSTATE {error.sqlstate}"
            f"{f', {where}' if where else ''}): nothing was loaded"
        ) from error
