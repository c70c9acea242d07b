import struct
from dataclasses import replace
from uuid import UUID

from reports.delivery.mail_chart import WIDTH, chart_words, impressions_chart
from tests.fixtures.creator_reports import without_days
from tests.fixtures.mail_reports import week_of

REPORT = week_of(UUID(int=1))
VIEWS = "post_impressions"


def test_the_picture_is_wide_enough_for_sharp_screens_and_always_the_same() -> None:
    picture = impressions_chart(REPORT)

    assert picture is not None
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">I", picture[16:20]) == (WIDTH,)
    assert picture == impressions_chart(REPORT)


def test_the_picture_shows_each_day() -> None:
    counts = list(REPORT.series[VIEWS])
    other = replace(REPORT, series={**REPORT.series, VIEWS: [counts[0] + 500, *counts[1:]]})

    assert impressions_chart(other) != impressions_chart(REPORT)


def test_where_nobody_saw_anything_there_is_no_picture() -> None:
    unseen = replace(REPORT, series={**REPORT.series, VIEWS: [0] * len(REPORT.days)})

    assert impressions_chart(unseen) is None


def test_days_that_the_chart_lacks_are_told() -> None:
    words = chart_words(without_days(REPORT, *REPORT.days[7:18]))

    told = "Impressions per day from 28 January 2024 to 2 March 2024, 11 of these days missing; "
    assert words.startswith(told)


def test_the_chart_is_told_to_whoever_does_not_see_it() -> None:
    words = chart_words(REPORT)

    assert words.startswith("Impressions per day from 28 January 2024 to 2 March 2024; ")
    assert f"{max(REPORT.series[VIEWS]):,} impressions on 2 March 2024" in words
