"""Cells of CSV files that no spreadsheet runs: what OWASP calls formula injection."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

# A cell that begins so is run by some spreadsheet, in full-width forms as well.
STARTS_A_FORMULA = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")
QUOTE = "'"
Cell = str | int | Decimal | date | None


def safe_cell(value: Cell) -> str:
    """A value as a cell's text: numbers and dates as they are, text so that it stays text.

    Text that a spreadsheet could take for a formula, after blanks too, gets an apostrophe in front.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    text = value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return QUOTE + text if _may_be_a_formula(text) else text


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A whole file with a header, as RFC 4180 has it: commas and CRLF."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return target.getvalue()


def _may_be_a_formula(text: str) -> bool:
    bare = text.lstrip(" \u00a0\u200b\ufeff")
    return text.startswith(STARTS_A_FORMULA) or bare.startswith(STARTS_A_FORMULA)
