import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from reports.views.answers import texts, write_file, written
from reports.views.form import Form
from reports.views.session import Session
from schema.errors import StorageError, UsageError

VALUES = """
SELECT 12345678901234.5678::DECIMAL(18, 4) AS "exact", -0.5 AS minus, 'a "b"|' AS "text",
    NULL AS nothing, DATE '2024-02-29' AS day, [1, 2] AS list, INTERVAL 90 MINUTE AS span,
    uuid() AS key, 'nan'::DOUBLE AS nan, 2::HUGEINT ** 0 AS whole, '=1+1' AS "=formula"
"""


def told(session: Session, text: str, form: Form) -> str:
    return b"".join(written(session, session.understand(text), form)).decode()


def test_csv_has_every_value_exactly_and_no_formula(session: Session) -> None:
    [head, row] = csv.reader(io.StringIO(told(session, VALUES, Form.CSV)))

    found = dict(zip(head, row, strict=True))
    assert found["exact"] == "12345678901234.5678"
    assert (found["minus"], found["text"], found["nothing"]) == ("-0.5", 'a "b"|', "")
    assert (found["day"], found["list"], found["span"]) == ("2024-02-29", "[1, 2]", "01:30:00")
    assert found["'=formula"] == "'=1+1"


def test_json_is_an_array_of_objects_whose_numbers_are_exact(session: Session) -> None:
    [row] = json.loads(told(session, VALUES, Form.JSON), parse_float=Decimal)

    assert row["exact"] == Decimal("12345678901234.5678")
    assert (row["minus"], row["text"], row["nothing"]) == (Decimal("-0.5"), 'a "b"|', None)
    assert (row["nan"], row["list"]) == (None, [1, 2])


def test_json_has_null_for_what_is_no_number_wherever_it_stands(session: Session) -> None:
    text = """SELECT 'NaN'::DOUBLE AS a, ['NaN'::DOUBLE, '-inf', 1.5] AS b,
        {'x': 'inf'::FLOAT, 'y': 'NaN, "Infinity'} AS c, MAP {'k': 'NaN'::DOUBLE} AS "NaN" """

    [row] = json.loads(told(session, text, Form.JSON), parse_constant=pytest.fail)

    assert row == {
        "a": None,
        "b": [None, None, 1.5],
        "c": {"x": None, "y": 'NaN, "Infinity'},
        "NaN": {"k": None},
    }


def test_markdown_keeps_text_in_its_cell(session: Session) -> None:
    lines = told(session, "SELECT source, 1 AS n FROM user_engagement LIMIT 1", Form.MARKDOWN)

    assert lines == "| source | n |\n| --- | --- |\n| \\<b\\>=1+1 | 1 |\n"


@pytest.mark.parametrize(
    ("form", "nothing"),
    [(Form.CSV, "id\n"), (Form.JSON, "[]\n"), (Form.MARKDOWN, "| id |\n| --- |\n")],
)
def test_an_answer_without_rows_has_its_shape(session: Session, form: Form, nothing: str) -> None:
    assert told(session, "SELECT id FROM users", form) == nothing


def test_parquet_has_plain_types_that_every_engine_reads(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "answer.parquet"

    write_file(session, session.understand(VALUES), Form.PARQUET, path)

    frame = pl.read_parquet(path)
    assert frame["exact"].item() == Decimal("12345678901234.5678")
    assert [frame.schema[name] for name in ("key", "list", "span")] == [pl.String()] * 3
    with duckdb.connect() as other:
        assert other.execute(f"SELECT day::VARCHAR FROM '{path}'").fetchall() == [("2024-02-29",)]


@pytest.mark.parametrize("form", list(Form))
def test_many_rows_are_written_once_each_in_their_order(
    session: Session, tmp_path: Path, form: Form
) -> None:
    path = tmp_path / f"answer.{form}"
    query = session.understand("SELECT i FROM range(150_000) AS t(i) ORDER BY i DESC")

    write_file(session, query, form, path)

    if form is Form.PARQUET:
        found = pl.read_parquet(path)["i"].to_list()
    elif form is Form.JSON:
        found = [row["i"] for row in json.loads(path.read_text())]
    else:
        lines = path.read_text().splitlines()[2 if form is Form.MARKDOWN else 1 :]
        found = [int(line.strip("| ")) for line in lines]
    assert found == list(range(149_999, -1, -1))


def test_a_failure_leaves_the_file_that_was_there(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "answer.csv"
    path.write_text("before")
    query = session.understand(
        "SELECT CASE i WHEN 99_999 THEN error('no') END FROM range(100_000) t(i)"
    )

    with pytest.raises(UsageError, match="no"):
        write_file(session, query, Form.CSV, path)

    assert path.read_text() == "before"
    assert not list(tmp_path.glob(".answer*"))


def test_a_place_that_cannot_be_written_is_named(session: Session, tmp_path: Path) -> None:
    query = session.understand("SELECT 1")

    with pytest.raises(StorageError, match=r"nowhere/answer\.csv cannot be written"):
        write_file(session, query, Form.CSV, tmp_path / "nowhere" / "answer.csv")


def test_names_that_come_twice_are_told_apart(session: Session) -> None:
    [_, frame] = texts(session, session.understand("SELECT 1 AS a, 2 AS a"))

    assert frame.row(0) == ("1", "2")
    assert len(set(frame.columns)) == 2
