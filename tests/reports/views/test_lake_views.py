from pathlib import Path
from typing import Any

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from assets.resources.lake import Lake
from reports.views.lake_views import lake_view
from schema.errors import CorruptPartitionError
from schema.tables.columns import identifier
from schema.tables.posts import Posts
from tests.fixtures.intake import uuid_of
from tests.fixtures.quick_lake import put_days
from tests.fixtures.small_tables import at, day, made, table, uid


class Quoting(Posts):
    """A contract that has got a nullable column."""

    quotes: pl.Binary = identifier("the post that it quotes", nullable=True)


class Rated(Posts):
    """A contract that has got a column with a value in every row."""

    rating: pl.Int64 = pa.Field(description="how good it is")


@pytest.fixture
def old(tmp_path: Path) -> Lake:
    """A day of posts under their contract of today."""
    lake = Lake(tmp_path)
    put_days(lake, "posts", table(Posts, [made("old", at(1), by="ann")]), [day()])
    return lake


def quoted(lake: Lake) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        connection.execute(lake_view(lake, "posts", Quoting).create())
        found = connection.execute("SELECT date, quotes FROM posts ORDER BY date")
        return found.fetchall()


@pytest.mark.parametrize("newer", [-1, 1])
def test_a_nullable_column_is_null_in_days_of_an_older_contract(old: Lake, newer: int) -> None:
    assert quoted(old) == [(day(), None)]

    post = made("new", at(1, offset=newer), by="ann", quotes=uid("old"))
    put_days(old, "posts", table(Quoting, [post]), [day(newer)])

    assert dict(quoted(old)) == {day(): None, day(newer): uuid_of("old")}


def test_a_view_of_files_that_lack_another_column_is_refused_with_what_to_do(old: Lake) -> None:
    view = lake_view(old, "posts", Rated)

    with pytest.raises(CorruptPartitionError, match=f"date={day()}.* lacks rating: run the day"):
        view.create()
