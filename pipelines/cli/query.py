"""`sociallive sql`: what analysts ask of the published tables, and how the answer is shown."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from pipelines.cli.console import console, say
from pipelines.settings import Settings, read_settings
from reports.user_text import one_line
from reports.views.answers import NUMBERS, texts, write_file, written
from reports.views.catalogue import views_of
from reports.views.form import Form
from reports.views.session import Query, Session, open_session
from reports.views.view import View
from reports.views.view_files import write_views
from schema.errors import UsageError

MOST_ROWS = 500
MOST_LETTERS = 200
EXPLAIN = "explain"


def answer(text: str, form: Form | None, out: Path | None) -> None:
    """Answer one query: as a table, or in a form for programs.

    Raises:
        UsageError: the query is none, or its form needs a file.
    """
    if form is None and out is not None:
        form = _form_of(out)
    if form is Form.PARQUET and out is None:
        raise UsageError("Parquet is no text: say where to write it, with --out FILE")
    with session_of(read_settings()) as session:
        show_answer(session, text) if form is None else _write(session, text, form, out)


def show_answer(session: Session, text: str) -> None:
    """Print an answer as a table, or how a query would be answered."""
    first, *rest = text.split(maxsplit=1) or [""]
    if first.lower() == EXPLAIN:
        console.print(session.explain("".join(rest)), markup=False, soft_wrap=True)
        return
    query = session.understand(text)
    rows = (row for frame in texts(session, query) for row in frame.iter_rows())
    shown = list(islice(rows, MOST_ROWS))
    console.print(_table(query, shown))
    if next(rows, None) is None:
        say(f"{len(shown)} row{'' if len(shown) == 1 else 's'}")
    else:
        say(f"the first {MOST_ROWS} rows; --format csv writes all")


def list_views() -> None:
    """Print every view with its grain and what it shows."""
    table = Table()
    for column in ("view", "one row per", "shows"):
        table.add_column(column, no_wrap=column == "view")
    for view in known_views(read_settings()):
        table.add_row(*map(escape, (view.name, view.grain, view.summary)))
    console.print(table)


def describe_view(name: str) -> None:
    """Print the columns of a view with types, units and meanings.

    Raises:
        UsageError: there is no such view.
    """
    views = {view.name: view for view in known_views(read_settings())}
    view = views.get(name.lower())
    if view is None:
        raise UsageError(f"there is no view {name!r}: `sociallive sql --views` lists them")
    say(f"{view.name}: {view.description}")
    say(f"One row per {view.grain}.")
    table = Table()
    for heading in ("column", "type", "unit", "meaning"):
        table.add_column(heading, no_wrap=heading != "meaning")
    for column in view.columns:
        table.add_row(*map(escape, (column.name, column.type, column.unit, column.meaning)))
    console.print(table)


def write_view_file(path: Path) -> None:
    """Write the views into a file that other tools open."""
    settings = read_settings()
    views = views_of(Lake(settings.lake), ColdStore(settings.cold), is_verified=False)
    write_views(views, path.absolute())
    say(f"{len(views)} views: {path.absolute()}")


def known_views(settings: Settings) -> list[View]:
    """The views of an installation."""
    return views_of(Lake(settings.lake), ColdStore(settings.cold))


@contextmanager
def session_of(settings: Settings) -> Iterator[Session]:
    """DuckDB over the lake and the cold store of an installation; nothing else is in reach."""
    readable = [settings.lake, settings.cold]
    with open_session(known_views(settings), readable, settings.scratch) as session:
        yield session


def _write(session: Session, text: str, form: Form, out: Path | None) -> None:
    query = session.understand(text)
    if out is None:
        for part in written(session, query, form):
            sys.stdout.write(part.decode())
    else:
        write_file(session, query, form, out)
        say(str(out))


def _form_of(out: Path) -> Form:
    forms = {f".{form}": form for form in Form} | {".md": Form.MARKDOWN}
    if out.suffix not in forms:
        raise UsageError(f"{out.name}: say --format csv, json, markdown or parquet")
    return forms[out.suffix]


def _table(query: Query, rows: Sequence[Sequence[str | None]]) -> Table:
    table = Table()
    for name, kind in query.columns:
        is_number = kind.startswith(NUMBERS) and not kind.endswith("]")
        table.add_column(
            escape(one_line(name, MOST_LETTERS)), justify="right" if is_number else "left"
        )
    for row in rows:
        table.add_row(*(_cell(text) for text in row))
    return table


def _cell(text: str | None) -> str:
    return "[dim]NULL[/dim]" if text is None else escape(one_line(text, MOST_LETTERS))
