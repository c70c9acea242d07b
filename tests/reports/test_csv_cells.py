from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from reports.csv_cells import csv_of

FORMULAS = [
    "=HYPERLINK(A1)",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n1",
    "  =1",
    "\N{FULLWIDTH EQUALS SIGN}1",
    "|cmd",
    "%0A",
]
HARMLESS = ["late", '{"type": "LIKE"}', "a=b", "1-1", "", "größer", "مرحبا"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_nor_heading_of_a_csv_is_a_formula(text: str) -> None:
    rows = pl.read_csv(csv_of(pl.DataFrame({text: [text]})), infer_schema=False)

    assert rows.columns == [f"'{text}"]
    assert rows.to_series()[0] == f"'{text}"


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
