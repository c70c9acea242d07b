"""A number beside what is usual, in words: no sign and no colour says anything alone."""

from dataclasses import dataclass
from fractions import Fraction

from reports.creator.model import ReportPeriod, Usual
from reports.creator.range_plot import draw_range
from reports.creator.words import TIED, TIMES_FROM, exact, percent, usual_range, weeks_before

SIGNS = {"more": "\N{BLACK UP-POINTING TRIANGLE}", "fewer": "\N{BLACK DOWN-POINTING TRIANGLE}"}
# Per cent.
WHOLE = 100
NO_WEEK = "no comparison yet"
WHY_NO_WEEK = "Comparisons begin once you have a whole week before the period."


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a number compares.

    `direction`: more, fewer, same, or empty where there is nothing to compare with. `stands_out`:
    outside of the range of the weeks before. `strip`: a drawing that repeats it, or empty.
    """

    direction: str
    words: str
    usual: str
    stands_out: bool = False
    strip: str = ""

    @property
    def sign(self) -> str:
        """An arrow for those who see it."""
        return SIGNS.get(self.direction, "")


def compare_count(number: int, usual: Usual | None, period: ReportPeriod) -> Comparison:
    """A count of the period beside the weeks before."""
    if usual is None:
        return Comparison("", NO_WEEK, "")
    strip = draw_range(
        Fraction(number), Fraction(usual.lowest), usual.mean, Fraction(usual.highest)
    )
    return Comparison(
        direction=_direction(number, usual.mean),
        words=count_words(number, usual),
        usual=usual_range(usual, period),
        stands_out=not usual.lowest <= number <= usual.highest,
        strip=strip if number or usual.highest else "",
    )


def compare_rate(
    rate: Fraction, shown: Usual | None, done: Usual | None, period: ReportPeriod
) -> Comparison:
    """Engagements per impression beside that of the weeks before, in percentage points."""
    if shown is None or done is None or not shown.mean:
        return Comparison("", NO_WEEK, "" if shown is None else "no impressions before")
    usual = done.mean / shown.mean
    points = exact(abs(rate - usual) * 100)
    unit = "point" if points == "1" else "points"
    words = "as usual" if points == "0" else f"{points} {unit} {_higher(rate, usual)} than usual"
    direction = "same" if points == "0" else _direction(rate, usual)
    return Comparison(direction, words, f"{percent(usual)} {weeks_before(shown.weeks, period)}")


def count_words(number: int, usual: Usual) -> str:
    """How much more or fewer than usual; no share where it would say nothing, or be all of it."""
    if not usual.mean:
        return "more than usual" if number else "as usual"
    ratio = number / usual.mean
    share = round(ratio * 100)
    if not share:
        return "fewer than usual"
    if share == WHOLE:
        return "as usual"
    if ratio >= TIMES_FROM:
        return f"{exact(ratio)} times as many as usual"
    return f"{abs(share - WHOLE)}{TIED}% {'more' if share > WHOLE else 'fewer'} than usual"


def _direction(number: int | Fraction, mean: Fraction) -> str:
    if number == mean or (mean and not round((number / mean - 1) * 100)):
        return "same"
    return "more" if number > mean else "fewer"


def _higher(rate: Fraction, usual: Fraction) -> str:
    return "higher" if rate > usual else "lower"
