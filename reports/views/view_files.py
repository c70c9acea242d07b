"""The views as files that other tools open: statements, or a database that holds only views."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from reports.views.view import View
from reports.views.whole_file import whole_file
from schema.errors import UsageError

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
    write = _write_database if path.suffix == DATABASE else _write_statements
    with whole_file(path) as unfinished:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(statements, unfinished)


def _write_database(statements: Sequence[str], path: Path) -> None:
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)


def _write_statements(statements: Sequence[str], path: Path) -> None:
    path.write_text("\n".join([HEADER, *statements, ""]), encoding="utf-8")
