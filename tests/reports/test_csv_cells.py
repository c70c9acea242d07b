import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.csv_cells import csv_of

FORMULAS = [
    "=HYPERLINK(A1)",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t1",
    "\r1",
    "\n1",
    "  =1",
    "\x1d-1",
    "\x7f\x08=1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "|cmd",
    "%0A",
]
HARMLESS = ["late", '{"type": "LIKE"}', "a=b", "1-1", "", "größer", "مرحبا", "a; b-c; 'd'", "a,=1"]
WITH_SEPARATORS = [
    ("x;=HYPERLINK(A1)", "x;'=HYPERLINK(A1)"),
    ("x; \N{ZERO WIDTH NO-BREAK SPACE}+1;-1", "x; \N{ZERO WIDTH NO-BREAK SPACE}'+1;'-1"),
    ('x;"=1"', 'x;"\'=1"'),
    ("x\t@SUM(A1)\n=1", "x\t'@SUM(A1)\n'=1"),
    ("\t=1", "'\t'=1"),
    ("=1;=2", "'=1;'=2"),
]


def exported(text: str) -> list[str]:
    """Heading and cell of a CSV of this text."""
    written = csv_of(pl.DataFrame({text: [text]})).decode()
    return [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_nor_heading_of_a_csv_is_a_formula(text: str) -> None:
    rows = pl.read_csv(csv_of(pl.DataFrame({text: [text]})), infer_schema=False)

    assert rows.columns == [f"'{text}"]
    assert rows.to_series()[0] == f"'{text}"


@pytest.mark.parametrize(("text", "expected"), WITH_SEPARATORS)
def test_no_formula_begins_after_what_another_locale_takes_for_the_end_of_a_cell(
    text: str, expected: str
) -> None:
    assert exported(text) == [expected, expected]


@given(st.text(st.sampled_from("=+-@;\t\r\n\"' ,x1"), max_size=12))
def test_only_apostrophes_are_added_and_no_cell_is_a_formula_however_they_are_separated(
    text: str,
) -> None:
    heading, written = exported(text)
    first, *others = re.split(r"[;\t\r\n]", written)

    assert heading == written
    assert written.replace("'", "") == text.replace("'", "")
    begun = [first.lstrip(" "), *(cell.lstrip(' "') for cell in others)]
    assert not [cell for cell in begun if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_is_exported_as_it_is(text: str) -> None:
    rows = pl.read_csv(csv_of(pl.DataFrame({"text": [text, "x"]})), infer_schema=False)

    assert rows["text"].to_list() == [text, "x"]


def test_a_csv_has_exact_numbers_and_empty_cells_where_there_is_no_value() -> None:
    frame = pl.DataFrame(
        {
            "date": [date(2024, 2, 29), date(2024, 3, 1)],
            "value": pl.Series([Decimal("-0.1000"), None], dtype=pl.Decimal(15, 4)),
            "count": [-(2**53) - 1, None],
            "at": [datetime(2024, 3, 1, 12, 0, 0, 5, tzinfo=UTC), None],
        }
    )

    assert csv_of(frame).decode().splitlines() == [
        "date,value,count,at",
        "2024-02-29,-0.1000,-9007199254740993,2024-03-01T12:00:00.000005Z",
        "2024-03-01,,,",
    ]
