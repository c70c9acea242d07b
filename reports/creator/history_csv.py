"""A creator's own daily numbers as CSV: `date`, NUMBERS, `final` (yes or no)."""

import csv
import io
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from reports.creator.model import NUMBERS, CreatorReport
from schema.errors import UsageError
from schema.windows import parse_day

COLUMNS = ("date", *NUMBERS, "final")
ANSWERS = {True: "yes", False: "no"}
Row = tuple[date | int | str, ...]
History = Mapping[date, Row]
NOTHING: History = MappingProxyType({})


def history_csv(report: CreatorReport, earlier: History = NOTHING) -> str:
    """One row for each day, oldest first, UTF-8 once encoded.

    `earlier` is the history of the same creator: its days that the report does not have are kept,
    as they were last reported.
    """
    rows = {**earlier, **_rows(report)}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    # Days and counts only: nothing of a user's is in it that a spreadsheet could run.
    writer.writerows(rows[day] for day in sorted(rows))
    return file.getvalue()


def _rows(report: CreatorReport) -> History:
    counts = [report.series[name] for name in NUMBERS]
    return {
        day: (day, *(series[place] for series in counts), ANSWERS[day in report.final_days])
        for place, day in enumerate(report.days)
    }


def read_history(text: str) -> History | None:
    """The rows of such a file; None where it is another, or damaged."""
    try:
        header, *rows = csv.reader(text.splitlines())
        return (
            {parse_day(row[0]): _parse(row) for row in rows} if tuple(header) == COLUMNS else None
        )
    except (UsageError, ValueError, IndexError, csv.Error):
        return None


def _parse(row: list[str]) -> Row:
    day, *counts, final = row
    if len(counts) != len(NUMBERS) or final not in ANSWERS.values():
        raise ValueError("not a row of a history")
    return (parse_day(day), *map(int, counts), final)
