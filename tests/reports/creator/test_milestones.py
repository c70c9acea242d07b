import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.creator.milestones import STEPS, best_day, follower_milestone
from reports.creator.model import Milestone, Period, ReportPeriod
from tests.fixtures.small_tables import day

WEEK = ReportPeriod(Period.WEEK, day())
DAYS = list(WEEK.days)
SHOWN = list(WEEK.shown)


def followers(at_the_end: int, *changes: int) -> Milestone | None:
    """Of changes on the last days."""
    padded = [0] * (len(DAYS) - len(changes)) + list(changes)
    gained, lost = [max(0, n) for n in padded], [max(0, -n) for n in padded]
    return follower_milestone(at_the_end, gained, lost, DAYS)


def best(counts: dict[int, int], *, days: int = len(SHOWN)) -> Milestone | None:
    by_day = {day(offset): count for offset, count in counts.items()}
    some = SHOWN[-days:]
    return best_day("best", [by_day.get(each, 0) for each in some], some, WEEK)


@pytest.mark.parametrize(
    ("at_the_end", "gained", "step"),
    [
        (10, 1, 10),
        (26, 2, 25),
        (60, 50, 50),
        (101, 60, 100),
        (1_000, 1, 1_000),
        (2_600, 2_600, 2_500),
    ],
)
def test_the_highest_step_reached_is_told(at_the_end: int, gained: int, step: int) -> None:
    assert followers(at_the_end, gained) == Milestone("followers", step, day())


@pytest.mark.parametrize(("at_the_end", "gained"), [(9, 9), (11, 1), (24, 14), (0, 0), (30, 0)])
def test_no_step_reached_is_no_milestone(at_the_end: int, gained: int) -> None:
    assert followers(at_the_end, gained) is None


def test_the_day_is_the_one_on_which_the_step_was_reached_for_good() -> None:
    assert followers(11, 6, -3, 3, 1) == Milestone("followers", 10, day(-1))


def test_a_step_that_was_left_again_is_no_milestone() -> None:
    assert followers(9, 2, -1) is None
    assert followers(10, -1, 1) is None


@given(st.integers(0, 10**7), st.lists(st.integers(-500, 500), max_size=7))
def test_a_step_lies_between_the_beginning_and_the_end(end: int, changes: list[int]) -> None:
    found = followers(end, *changes)

    start = end - sum(changes)
    passed = [step for step in STEPS if start < step <= end]
    assert (found.value if found else None) == (passed[-1] if passed else None)


def test_the_best_day_is_better_than_every_other_shown() -> None:
    assert best({-2: 9, -10: 8}) == Milestone("best", 9, day(-2))


@pytest.mark.parametrize("counts", [{}, {-2: 9, -10: 9}, {-2: 9, -3: 9}, {-2: 8, -10: 9}, {-7: 9}])
def test_a_day_that_is_not_the_best_or_not_of_the_period_is_none(counts: dict[int, int]) -> None:
    assert best(counts) is None


def test_the_best_of_less_than_four_weeks_is_no_milestone() -> None:
    assert best({-2: 9}, days=28) == Milestone("best", 9, day(-2))
    assert best({-2: 9}, days=27) is None


def test_nothing_shown_is_no_milestone() -> None:
    assert best_day("best", [], [], WEEK) is None
