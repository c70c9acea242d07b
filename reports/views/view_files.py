"""The views as files that other tools open: statements, or a database that holds only views."""

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.resources.manifest import fsync_folder
from reports.views.view import View
from schema.errors import StorageError, UsageError

DATABASE, STATEMENTS = ".duckdb", ".sql"
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
    if path.suffix not in {DATABASE, STATEMENTS}:
        raise UsageError(f"{path.name}: let the name end in {DATABASE} or in {STATEMENTS}")
    statements = [text for view in views for text in (view.create(), *view.comments())]
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    write = _write_database if path.suffix == DATABASE else _write_statements
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(statements, unfinished)
        _fsync(unfinished)
        unfinished.replace(path)
        fsync_folder(path.parent)
    except (OSError, duckdb.IOException) as error:
        raise StorageError(
            f"{path} cannot be written: choose another place, or free some space; a file that was "
            "there is untouched"
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write_database(statements: Sequence[str], path: Path) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)


def _write_statements(statements: Sequence[str], path: Path) -> None:
    path.write_text("\n".join([HEADER, *statements, ""]), encoding="utf-8")


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
