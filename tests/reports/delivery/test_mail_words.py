from dataclasses import replace
from fractions import Fraction
from uuid import UUID

import pytest

from reports.creator.model import Audience, EqualAge, Milestone, Period, ReportPeriod, Usual
from reports.delivery.mail_words import (
    busiest_hours,
    counted,
    excerpt,
    milestones,
    restated_words,
    usual_words,
    why,
)
from tests.fixtures.mail_reports import LAST, post, week_of

QUARTILES = (Fraction(50), Fraction(80), Fraction(120))
REPORT = week_of(UUID(int=1))


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("total", "usual", "words", "trend"),
    [
        (5, None, "no comparison yet", "level"),
        (0, Usual(4, Fraction(0), 0, 0), "as usual (none in the 4 weeks before)", "level"),
        (3, Usual(4, Fraction(0), 0, 0), "more than usual (none in the 4 weeks before)", "up"),
        (
            15,
            Usual(4, Fraction(10), 8, 12),
            "50 % more than usual (8 to 12 in each of the 4 weeks before)",
            "up",
        ),
        (
            5,
            Usual(1, Fraction(10), 10, 10),
            "50 % fewer than usual (10 in the week before)",
            "down",
        ),
        (
            11,
            Usual(4, Fraction(10), 8, 12),
            "10 % more than usual (8 to 12 in each of the 4 weeks before)",
            "level",
        ),
        (
            8,
            Usual(4, Fraction(10), 8, 12),
            "20 % fewer than usual (8 to 12 in each of the 4 weeks before)",
            "level",
        ),
        (
            201,
            Usual(4, Fraction(200), 180, 220),
            "as usual (180 to 220 in each of the 4 weeks before)",
            "level",
        ),
        (
            199,
            Usual(4, Fraction(200), 180, 220),
            "as usual (180 to 220 in each of the 4 weeks before)",
            "level",
        ),
        (
            1_001,
            Usual(2, Fraction(1_000), 900, 1_100),
            "as usual (900 to 1,100 in each of the 2 weeks before)",
            "level",
        ),
        (
            0,
            Usual(4, Fraction(10), 8, 12),
            "fewer than usual (8 to 12 in each of the 4 weeks before)",
            "down",
        ),
        (
            10**9,
            Usual(4, Fraction(1, 4), 0, 1),
            "4,000,000,000 times as many as usual (0 to 1 in each of the 4 weeks before)",
            "up",
        ),
    ],
)
def test_a_number_is_compared_with_what_is_usual(
    total: int, usual: Usual | None, words: str, trend: str
) -> None:
    told, side = usual_words(total, usual, REPORT.period)

    assert (plain(told), side) == (words, trend)


def test_a_week_that_four_weeks_are_compared_with_is_said_to_be_taken_four_times() -> None:
    weeks = [Usual(number, Fraction(40), 32, 48) for number in (4, 1)]
    period = ReportPeriod(Period.MONTH, LAST)

    assert [plain(usual_words(60, usual, period)[0]) for usual in weeks] == [
        "50 % more than usual (32 to 48 in each of the 4 weeks before, times 4)",
        "50 % more than usual (32 to 48 in the week before, times 4)",
    ]


@pytest.mark.parametrize(
    ("total", "usual", "words"),
    [
        (3, Usual(4, Fraction(0), 0, 0), "more than usual (none on the 4 Saturdays before)"),
        (0, Usual(1, Fraction(0), 0, 0), "as usual (none on the Saturday before)"),
        (
            15,
            Usual(4, Fraction(10), 8, 12),
            "50 % more than usual (8 to 12 on each of the 4 Saturdays before)",
        ),
    ],
)
def test_a_day_is_said_to_be_compared_with_its_weekday(
    total: int, usual: Usual, words: str
) -> None:
    assert plain(usual_words(total, usual, ReportPeriod(Period.DAY, LAST))[0]) == words


@pytest.mark.parametrize(
    ("period", "changed", "words"),
    [
        (Period.DAY, 1, "1 number of this day and the one before changed after it was first"),
        (Period.WEEK, 2, "2 numbers of these seven days and the seven before changed after they"),
        (
            Period.MONTH,
            9,
            "9 numbers of these four weeks and the four before changed after they were",
        ),
    ],
)
def test_changed_numbers_are_said_to_be_of_the_days_that_they_are_of(
    period: Period, changed: int, words: str
) -> None:
    restatements = [*REPORT.restatements] * changed
    report = replace(REPORT, period=ReportPeriod(period, LAST), restatements=restatements)

    assert str(restated_words(report)).startswith(words)
    assert restated_words(replace(report, restatements=())) is None


def test_one_thing_is_singular_and_none_is_not() -> None:
    words = [counted(number, ("like", "likes")) for number in (0, 1, 2, 1_000)]

    assert words == ["0 likes", "1 like", "2 likes", "1,000 likes"]


def test_why_a_post_stands_there_is_told_by_the_strongest_fact() -> None:
    better = post(2, text="x")
    usual = replace(better, equal_age=EqualAge(24, 100, 12, *QUARTILES))
    nothing = replace(usual, engagements=dict.fromkeys(better.engagements, 0))

    assert why(better).startswith("333 engagements in its first 24 hours, more than most of your")
    older = replace(better, equal_age=EqualAge(159, 333, 12, *QUARTILES))
    assert why(older).startswith("333 engagements in its first 6 days and 15 hours, more than")
    assert why(post(1, text="x")) == "its score comes most from engagement of the last 24 hours"
    assert why(usual) == "most of it 312 likes"
    assert why(nothing) == "seen, and not yet answered"


def test_a_post_above_the_upper_quartile_is_said_to_have_more_than_most_and_no_more() -> None:
    # Of 0, 0, 0, 0, 4 and 4 the upper quartile is 3, and a post with 4 has more than four of six.
    age = EqualAge(1, 4, 6, Fraction(0), Fraction(0), Fraction(3))
    few, one = (
        replace(age, engagements=4),
        replace(age, engagements=1, upper_quartile=Fraction(0)),
    )
    told = [why(replace(post(2, text="x"), equal_age=shown)) for shown in (few, one)]

    more = "in its first hour, more than most of your 6 posts before it had by then"
    assert told == [f"4 engagements {more}", f"1 engagement {more}"]


def test_a_deleted_post_is_not_said_to_have_had_no_text() -> None:
    assert excerpt(replace(post(1, text=None), is_deleted=True)) == "image of 27 February 2024"


def test_a_post_without_text_is_named_by_what_it_is() -> None:
    assert excerpt(post(1, text=None)) == "image of 27 February 2024, without text"
    assert excerpt(post(1, text=" \0\u202e")) == "image of 27 February 2024, without text"
    assert excerpt(replace(post(1, text=""), media_type=None)).startswith("post of 27 February")


def test_milestones_are_told_and_unknown_ones_left_out() -> None:
    kinds = ("followers", "best_day_impressions", "best_day_engagements", "new_kind")
    report = replace(REPORT, milestones=[Milestone(kind, 1_000, LAST) for kind in kinds])

    assert list(milestones(report)) == [
        "You reached 1,000 followers on 2 March 2024",
        "Your best day in four weeks: 1,000 impressions on 2 March 2024",
        "Your best day in four weeks: 1,000 engagements on 2 March 2024",
    ]


def test_the_busiest_hour_is_told_where_enough_people_are() -> None:
    tied = Audience(hours={(3, 9): 4, (2, 20): 4, (2, 8): 4, (0, 1): 1})

    assert busiest_hours(replace(REPORT, audience=tied)) == "Wednesdays from 08:00 UTC"
    assert busiest_hours(replace(REPORT, audience=Audience())) is None
