import csv
from dataclasses import replace
from datetime import timedelta

import pytest

from reports.creator.history_csv import COLUMNS, History, history_csv, read_history
from reports.creator.model import NUMBERS, CreatorReport, Period, ReportPeriod
from tests.fixtures.creator_reports import LAST, believable, hostile


def read(text: str) -> list[list[str]]:
    header, *rows = list(csv.reader(text.splitlines()))
    assert tuple(header) == COLUMNS
    return rows


def expected(report: CreatorReport) -> list[list[str]]:
    return [
        [
            day.isoformat(),
            *(str(report.series[name][place]) for name in NUMBERS),
            "yes" if day in report.final_days else "no",
        ]
        for place, day in enumerate(report.days)
    ]


def written(report: CreatorReport) -> History:
    """The report's days as a file of them is read."""
    history = read_history(history_csv(report))
    assert history is not None
    return history


def test_a_history_holds_every_number_of_every_day() -> None:
    report = believable()

    assert read(history_csv(report)) == expected(report)
    assert history_csv(report).startswith("date,post_impressions,")


def test_days_of_an_earlier_file_stay_and_those_of_the_report_are_replaced() -> None:
    month = believable(1, ReportPeriod(Period.MONTH, LAST))
    older = believable(2, ReportPeriod(Period.WEEK, LAST - timedelta(days=20)))

    both = read(history_csv(month, written(older)))

    days = {row[0]: row for row in expected(older)} | {row[0]: row for row in expected(month)}
    assert both == [days[day] for day in sorted(days)]


def test_writing_it_again_changes_nothing() -> None:
    report = believable()
    text = history_csv(report)

    assert history_csv(report, written(report)) == text
    assert history_csv(replace(report, username="another"), written(report)) == text


HEADER = ",".join(COLUMNS)


@pytest.mark.parametrize(
    "broken",
    [
        *("", "nonsense", "date\n2026-01-01", f"{HEADER}\nx,1", f"{HEADER}\n\n", f"{HEADER}\n\0"),
        f'{HEADER}\n"' + "2026-01-01,0\n" * 20_000,
    ],
    ids=["empty", "text", "header", "row", "blank", "NUL", "quote"],
)
def test_a_file_of_another_form_is_no_history(broken: str) -> None:
    assert read_history(broken) is None


def test_nothing_that_a_user_wrote_is_in_it() -> None:
    assert history_csv(hostile()) == history_csv(believable(17))
