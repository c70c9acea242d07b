from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.resources.cold_months import ColdStore
from assets.resources.engine import DuckDBEngine
from assets.resources.lake import Lake
from assets.resources.published import Published
from reports.views.catalogue import views_of
from reports.views.definitions import FILES, analyst_views_asset
from reports.views.session import Session
from reports.views.view_files import write_views
from schema.errors import StorageError, UsageError
from tests.fixtures.quick_lake import retract_days
from tests.fixtures.small_tables import day
from tests.reports.views.test_session import rows


@contextmanager
def another_tool(path: Path) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """A tool that opened the file: it answers questions."""
    is_database = path.suffix == ".duckdb"
    with duckdb.connect(path if is_database else ":memory:", read_only=is_database) as other:
        if not is_database:
            other.execute(path.read_text())
        yield lambda question: other.execute(question).fetchall()


def opened(path: Path, question: str) -> list[tuple[Any, ...]]:
    with another_tool(path) as ask:
        return ask(question)


@pytest.mark.parametrize("name", ["views.duckdb", "views.sql"])
def test_another_tool_finds_the_same_rows_and_what_they_mean(
    session: Session, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "new" / name

    write_views(session.views, path)

    with another_tool(path) as ask:
        for view in session.views:
            ours = rows(session, f"SELECT count(*) FROM {view.name}")
            assert ask(f"SELECT count(*) FROM {view.name}") == ours, view.name
        question = "SELECT comment FROM duckdb_columns() WHERE column_name = 'post_impressions'"
        assert ask(question) == [("VIEW events on D on the user's posts (events)",)]
        question = "SELECT comment FROM duckdb_views() WHERE view_name = 'days'"
        assert ask(question)[0][0].endswith("Grain: (table_name, date).")
    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_file_is_replaced_whole_under_whoever_has_it_open(
    session: Session, lake: Lake, tmp_path: Path
) -> None:
    path = tmp_path / "views.duckdb"
    write_views(session.views, path)
    with duckdb.connect(path, read_only=True) as other:
        retract_days(lake, "posts", day())
        write_views(session.views, path)
        assert other.execute("SELECT count(*) FROM posts").fetchall() == [(3,)]

    assert opened(path, "SELECT count(*) FROM posts") == [(2,)]


def test_a_name_tells_what_is_to_be_written(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"views\.txt: let the name end in \.duckdb or in \.sql"):
        write_views(session.views, tmp_path / "views.txt")


def test_a_place_that_cannot_be_written_is_named(session: Session, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match=r"views\.duckdb cannot be written"):
        write_views(session.views, tmp_path / "file" / "views.duckdb")


def test_the_asset_writes_both_files_and_lists_the_views(lake: Lake, tmp_path: Path) -> None:
    outcome = dg.materialize(
        [analyst_views_asset(tmp_path / "views")],
        resources={
            "published": Published(lake, DuckDBEngine()),
            "cold": ColdStore(tmp_path / "cold"),
        },
    )

    assert {path.name for path in (tmp_path / "views").iterdir()} == set(FILES)
    assert opened(tmp_path / "views" / FILES[0], "SELECT count(*) FROM posts") == [(3,)]
    [event] = outcome.get_asset_materialization_events()
    shown = event.materialization.metadata["views"].value
    known = views_of(lake, ColdStore(tmp_path / "cold"))
    assert all(f"| {view.name} | " in str(shown).replace("\\_", "_") for view in known)
