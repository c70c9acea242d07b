import struct
from dataclasses import replace
from uuid import UUID

from reports.delivery.mail_chart import WIDTH, chart_words, mail_chart
from tests.fixtures.creator_reports import silent, unseen, without_days
from tests.fixtures.mail_reports import week_of

REPORT = week_of(UUID(int=1))
VIEWS = "post_impressions"


def test_the_picture_is_wide_enough_for_sharp_screens_and_always_the_same() -> None:
    picture = mail_chart(REPORT)

    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">I", picture[16:20]) == (WIDTH,)
    assert picture == mail_chart(REPORT)


def test_the_picture_shows_each_day() -> None:
    counts = list(REPORT.series[VIEWS])
    other = replace(REPORT, series={**REPORT.series, VIEWS: [counts[0] + 500, *counts[1:]]})

    assert mail_chart(other) != mail_chart(REPORT)


def test_where_nothing_happened_there_is_no_picture() -> None:
    assert mail_chart(silent()) is None


def test_where_views_are_not_counted_the_picture_shows_engagements() -> None:
    report = unseen(REPORT)

    assert mail_chart(report) is not None
    assert chart_words(report).startswith("Engagements per day from 28 January 2024 to 2 March")


def test_days_that_the_chart_lacks_are_told() -> None:
    words = chart_words(without_days(REPORT, *REPORT.days[7:18]))

    told = "Impressions per day from 28 January 2024 to 2 March 2024, 11 of these days missing; "
    assert words.startswith(told)


def test_the_chart_is_told_to_whoever_does_not_see_it() -> None:
    words = chart_words(REPORT)

    assert words.startswith("Impressions per day from 28 January 2024 to 2 March 2024; ")
    assert f"{max(REPORT.series[VIEWS]):,} impressions on 2 March 2024" in words
