import csv
from dataclasses import replace
from datetime import timedelta

import pytest

from reports.creator.history_csv import COLUMNS, history_csv
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


def test_a_history_holds_every_number_of_every_day() -> None:
    report = believable()

    assert read(history_csv(report)) == expected(report)
    assert history_csv(report).startswith("date,post_impressions,")


def test_days_of_an_earlier_file_stay_and_those_of_the_report_are_replaced() -> None:
    month = believable(1, ReportPeriod(Period.MONTH, LAST))
    older = believable(2, ReportPeriod(Period.WEEK, LAST - timedelta(days=20)))

    both = read(history_csv(month, history_csv(older)))

    days = {row[0]: row for row in expected(older)} | {row[0]: row for row in expected(month)}
    assert both == [days[day] for day in sorted(days)]


def test_writing_it_again_changes_nothing() -> None:
    report = believable()
    text = history_csv(report)

    assert history_csv(report, text) == text
    assert history_csv(replace(report, username="another"), text) == text


@pytest.mark.parametrize("broken", ["nonsense", "date\n2026-01-01", f"{','.join(COLUMNS)}\nx,1"])
def test_a_file_of_another_form_is_replaced(broken: str) -> None:
    assert history_csv(believable(), broken) == history_csv(believable())


def test_nothing_that_a_user_wrote_is_in_it() -> None:
    assert history_csv(hostile()) == history_csv(believable(17))
