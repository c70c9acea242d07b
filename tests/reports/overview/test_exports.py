import io
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest

from assets.lifecycle.erased_account import Account
from assets.lifecycle.home_erasure import drop_files
from reports.overview.exports import parquet_of, write_overview
from reports.overview.tables import Column, Table, as_uuid
from schema.errors import StorageError

AUTHOR = UUID(int=7)


def table_of(frame: pl.DataFrame) -> Table:
    return Table("numbers", "Numbers", frame, [Column(column, column) for column in frame.columns])


def test_parquet_gives_every_value_back() -> None:
    frame = pl.DataFrame({"text": ["=1+1", "late", None], "value": range(3)})

    assert pl.read_parquet(io.BytesIO(parquet_of(frame))).equals(frame)


def test_no_cell_nor_heading_of_the_csv_is_a_formula(tmp_path: Path) -> None:
    write_overview(tmp_path, "page", [table_of(pl.DataFrame({"=1+1": ["@SUM(A1)", "late"]}))])

    assert (tmp_path / "numbers.csv").read_text() == "'=1+1\n'@SUM(A1)\nlate\n"


def test_ids_are_told_as_people_know_them() -> None:
    frame = pl.DataFrame({"id": [AUTHOR.bytes, None]}).select(as_uuid("id"))

    assert frame["id"].to_list() == [str(AUTHOR), None]


def test_erasing_an_account_finds_it_in_every_file(tmp_path: Path) -> None:
    authors = pl.DataFrame({"author_id": [str(UUID(int=n)) for n in range(5_000)]})
    write_overview(tmp_path, "nobody", [table_of(authors)])
    account = Account(AUTHOR, "ann", "ann@example.org")

    assert drop_files(tmp_path, account, remove=True).files == 2
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_writing_again_replaces_everything_and_leaves_nothing_unfinished(tmp_path: Path) -> None:
    tables = [table_of(pl.DataFrame({"n": [1]}))]
    write_overview(tmp_path, "first", tables)
    page = write_overview(tmp_path, "second", [table_of(pl.DataFrame({"n": [2]}))])

    assert page.read_text() == "second"
    assert (tmp_path / "numbers.csv").read_text() == "n\n2\n"
    assert {path.name for path in tmp_path.iterdir()} == {
        "index.html",
        "numbers.csv",
        "numbers.parquet",
    }


def test_a_folder_that_cannot_be_written_is_named_and_the_page_stays(tmp_path: Path) -> None:
    write_overview(tmp_path, "first", [])
    (tmp_path / "numbers.csv").mkdir()

    with pytest.raises(StorageError, match=r"numbers\.csv cannot be written .*sociallive overview"):
        write_overview(tmp_path, "second", [table_of(pl.DataFrame({"n": [1]}))])

    assert (tmp_path / "index.html").read_text() == "first"
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "numbers.csv"}
