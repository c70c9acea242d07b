"""A creator's own daily numbers as CSV: `date`, NUMBERS, `final` (yes or no)."""

import csv
import io
from collections.abc import Mapping
from datetime import date

from reports.creator.model import NUMBERS, CreatorReport
from schema.errors import UsageError
from schema.windows import parse_day

COLUMNS = ("date", *NUMBERS, "final")
ANSWERS = {True: "yes", False: "no"}
Row = tuple[date | int | str, ...]


def history_csv(report: CreatorReport, earlier: str = "") -> str:
    """One row for each day, oldest first, UTF-8 once encoded.

    `earlier` is such a file of the same creator: its days that the report does not have are kept,
    as they were last reported. A file of another form is replaced whole.
    """
    rows = {**_read(earlier), **_rows(report)}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    # Days and counts only: nothing of a user's is in it that a spreadsheet could run.
    writer.writerows(rows[day] for day in sorted(rows))
    return file.getvalue()


def _rows(report: CreatorReport) -> Mapping[date, Row]:
    counts = [report.series[name] for name in NUMBERS]
    return {
        day: (day, *(series[place] for series in counts), ANSWERS[day in report.final_days])
        for place, day in enumerate(report.days)
    }


def _read(text: str) -> Mapping[date, Row]:
    header, *rows = list(csv.reader(text.splitlines())) or [[]]
    if tuple(header) != COLUMNS:
        return {}
    try:
        return {parse_day(row[0]): _parse(row) for row in rows}
    except (UsageError, ValueError, IndexError):
        return {}


def _parse(row: list[str]) -> Row:
    day, *counts, final = row
    if len(counts) != len(NUMBERS) or final not in ANSWERS.values():
        raise ValueError("not a row of a history")
    return (parse_day(day), *map(int, counts), final)
