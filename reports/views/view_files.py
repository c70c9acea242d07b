"""The views as files that other tools open: statements, or a database that holds only views."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from reports.views.view import View
from reports.views.whole_file import whole_file
from schema.errors import CorruptPartitionError, UsageError

DATABASE, STATEMENTS = ".duckdb", ".sql"
# What is read is called so, and what is written is not.
READ = ".parquet"
HEADER = """\
-- Views over the published tables of Social Live, for DuckDB 2 or newer: .read this file.
-- They list files: after a day was published, make them anew by `sociallive sql --file`.
SET TimeZone = 'UTC';
"""


def write_views(views: Sequence[View], path: Path) -> None:
    """Replace a file of views by one of what is published now; its ending says which kind.

    Raises:
        UsageError: the name ends in something else.
        CorruptPartitionError: a published file is missing or changed.
        StorageError: the file cannot be written.
    """
    write_statements([text for view in views for text in (view.create(), *view.comments())], path)


def statements_of(views: Sequence[View]) -> tuple[list[str], dict[str, str]]:
    """Statements that make the views, and the views of which a file is missing or damaged: why.

    Such a view is made all the same, and tells the reason to whoever asks it.
    """
    statements, refused = [], {}
    with duckdb.connect() as connection:
        for view in views:
            try:
                statement = view.create()
                connection.execute(statement)
            except (CorruptPartitionError, duckdb.Error) as error:
                refused[view.name] = str(error).splitlines()[0]
                statement = view.create_refusing(f"{view.name}: {refused[view.name]}")
            statements += [statement, *view.comments()]
    return statements, refused


def write_statements(statements: Sequence[str], path: Path) -> None:
    """Replace a file of views by one that these statements make; its ending says which kind.

    Raises:
        UsageError: the name ends in something else.
        StorageError: the file cannot be written.
    """
    if path.suffix not in {DATABASE, STATEMENTS}:
        raise UsageError(f"{path.name}: let the name end in {DATABASE} or in {STATEMENTS}")
    write = _write_database if path.suffix == DATABASE else _write_text
    with whole_file(path) as unfinished:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(statements, unfinished)


def _write_database(statements: Sequence[str], path: Path) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection, _replaced_files_told():
        # One transaction: each of its own would wait for the disk.
        connection.begin()
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@contextmanager
def _replaced_files_told() -> Iterator[None]:
    """Tell a file of the lake that is gone since it was listed from a disk that takes no more."""
    try:
        yield
    except duckdb.IOException as error:
        said = str(error).splitlines()[0]
        if READ not in said:
            raise
        raise CorruptPartitionError(
            f"a day was being published just then ({said}): write the views again"
        ) from error


def _write_text(statements: Sequence[str], path: Path) -> None:
    path.write_text("\n".join([HEADER, *statements, ""]), encoding="utf-8")
