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
from reports.views.view_files import statements_of, write_statements, write_views
from schema.errors import CorruptPartitionError, StorageError, UsageError
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


def materialized(lake: Lake, home: Path) -> dg.ExecuteInProcessResult:
    """The asset, run with its folder below `home`."""
    return dg.materialize(
        [analyst_views_asset(home / "views")],
        resources={
            "published": Published(lake, DuckDBEngine()),
            "cold": ColdStore(home / "cold"),
        },
    )


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

    with pytest.raises(StorageError, match=r"views\.duckdb cannot be written \(File exists\)"):
        write_views(session.views, tmp_path / "file" / "views.duckdb")


def test_a_day_that_is_replaced_in_between_is_told_as_such(
    session: Session, lake: Lake, tmp_path: Path
) -> None:
    path = tmp_path / "views.duckdb"
    write_views(session.views, path)
    before = path.read_bytes()
    statements, _ = statements_of(session.views)
    lake.files("posts", [day(-2)])[0].unlink()

    with pytest.raises(CorruptPartitionError, match=r"2024-02-27.*write the views again"):
        write_statements(statements, path)

    assert path.read_bytes() == before


def test_the_asset_writes_both_files_and_lists_the_views(lake: Lake, tmp_path: Path) -> None:
    outcome = materialized(lake, tmp_path)

    assert {path.name for path in (tmp_path / "views").iterdir()} == set(FILES)
    assert opened(tmp_path / "views" / FILES[0], "SELECT count(*) FROM posts") == [(3,)]
    [event] = outcome.get_asset_materialization_events()
    assert set(event.materialization.metadata) == {"file", "views"}
    shown = event.materialization.metadata["views"].value
    known = views_of(lake, ColdStore(tmp_path / "cold"))
    assert all(f"| {view.name} | " in str(shown).replace("\\_", "_") for view in known)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x" * 9)])
def test_a_damaged_old_day_fails_nothing_and_is_told_to_whoever_asks_its_view(
    lake: Lake, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    [path] = lake.files("posts", [day(-2)])
    damage(path)

    outcome = materialized(lake, tmp_path)

    [event] = outcome.get_asset_materialization_events()
    assert str(event.materialization.metadata["refused"].value).startswith("{'posts': ")
    for name in FILES:
        with another_tool(tmp_path / "views" / name) as ask:
            assert ask("SELECT count(*) FROM user_engagement") == [(3,)]
            assert ("id", "UUID") in {row[:2] for row in ask("DESCRIBE posts")}
            for asked in ("count(*) FROM posts", "id FROM posts WHERE date = DATE '2024-02-29'"):
                with pytest.raises(duckdb.Error, match=r"posts: .*2024-02-27.* is missing or not"):
                    ask(f"SELECT {asked}")


def test_a_damaged_cold_month_fails_nothing(lake: Lake, tmp_path: Path) -> None:
    damaged = tmp_path / "cold" / "user_engagement" / "month=2024-01" / "manifest.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{", encoding="utf-8")

    materialized(lake, tmp_path)

    with another_tool(tmp_path / "views" / FILES[0]) as ask:
        with pytest.raises(duckdb.Error, match=r"engagement_everywhere: .*month=2024-01"):
            ask("SELECT count(*) FROM engagement_everywhere WHERE date = DATE '2024-02-29'")
        assert ask("SELECT count(*) FROM posts") == [(3,)]
