import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.csv_cells import Cell, csv_text, safe_cell

FORMULAS = [
    '=HYPERLINK("https://evil.example")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    " =1+1",
    "\ufeff=1+1",
    "\uff1d1+1",
    "|calc",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-5, "-5"),
        (Decimal("-1.50"), "-1.50"),
        (date(2026, 11, 25), "2026-11-25"),
        (None, ""),
        ("plain text", "plain text"),
        ("a = b", "a = b"),
        ("nul\0", "nul"),
        ("lone \ud800", "lone ?"),
    ],
)
def test_other_values_stay_what_they_are(value: Cell, cell: str) -> None:
    assert safe_cell(value) == cell


@given(st.lists(st.lists(st.text(st.characters()), min_size=2, max_size=2), max_size=4))
def test_a_file_is_read_back_cell_by_cell(rows: list[list[str]]) -> None:
    text = csv_text(["first", "second"], rows)

    read = list(csv.reader(io.StringIO(text.encode().decode(), newline="")))
    assert read == [["first", "second"], *([safe_cell(cell) for cell in row] for row in rows)]
    assert not any(cell.startswith(tuple("=+-@\t\r")) for row in read for cell in row)
