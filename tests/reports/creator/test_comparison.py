from fractions import Fraction

import pytest

from reports.creator.comparison import Comparison, compare_count, compare_rate
from reports.creator.model import Period, ReportPeriod, Usual
from tests.fixtures.creator_reports import LAST, WEEK

USUAL = Usual(4, Fraction(150), 120, 180)


def plain(text: str) -> str:
    return " ".join(text.split())


def told(comparison: Comparison) -> tuple[str, str, str]:
    return comparison.direction, plain(comparison.words), plain(comparison.usual)


@pytest.mark.parametrize(
    ("number", "usual", "direction", "words"),
    [
        (168, USUAL, "more", "12 % more than usual"),
        (75, USUAL, "fewer", "50 % fewer than usual"),
        (0, USUAL, "fewer", "fewer than usual"),
        # All of it but for less than half a per cent.
        (1, Usual(1, Fraction(1_000), 1_000, 1_000), "fewer", "fewer than usual"),
        (150, USUAL, "same", "as usual"),
        # Less than half a per cent.
        (1_003, Usual(1, Fraction(1_000), 1_000, 1_000), "same", "as usual"),
        (450, USUAL, "more", "3 times as many as usual"),
        (480, USUAL, "more", "3.2 times as many as usual"),
        (5, Usual(4, Fraction(0), 0, 0), "more", "more than usual"),
        (0, Usual(4, Fraction(0), 0, 0), "same", "as usual"),
        (5, None, "", "no comparison yet"),
    ],
)
def test_a_number_is_compared_in_words(
    number: int, usual: Usual | None, direction: str, words: str
) -> None:
    assert told(compare_count(number, usual, WEEK))[:2] == (direction, words)


@pytest.mark.parametrize(
    ("usual", "period", "words"),
    [
        (USUAL, Period.WEEK, "120 to 180 in each of the 4 weeks before"),
        (USUAL, Period.DAY, "120 to 180 on each of the 4 Wednesdays before"),
        (USUAL, Period.MONTH, "120 to 180 in each of the 4 weeks before, times 4"),
        (Usual(1, Fraction(9), 9, 9), Period.WEEK, "9 in the week before"),
        (Usual(2, Fraction(0), 0, 0), Period.WEEK, "none in the 2 weeks before"),
    ],
)
def test_what_is_usual_is_said_with_its_weeks(usual: Usual, period: Period, words: str) -> None:
    assert told(compare_count(1, usual, ReportPeriod(period, LAST)))[2] == words


@pytest.mark.parametrize(("number", "out"), [(119, True), (120, False), (180, False), (181, True)])
def test_a_number_stands_out_beyond_the_weeks_before(number: int, out: bool) -> None:
    assert compare_count(number, USUAL, WEEK).stands_out is out


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Fraction(5, 100), "1 point higher than usual"),
        (Fraction(35, 1000), "0.5 points lower than usual"),
        (Fraction(4, 100), "as usual"),
    ],
)
def test_a_rate_is_compared_in_points(rate: Fraction, words: str) -> None:
    shown, done = Usual(4, Fraction(1_000), 900, 1_100), Usual(4, Fraction(40), 30, 50)

    assert plain(compare_rate(rate, shown, done, WEEK).words) == words
    assert plain(compare_rate(rate, shown, done, WEEK).usual) == "4 % in the 4 weeks before"


def test_a_rate_without_impressions_before_is_not_compared() -> None:
    nothing = Usual(4, Fraction(0), 0, 0)

    assert told(compare_rate(Fraction(1, 2), nothing, nothing, WEEK))[0] == ""
