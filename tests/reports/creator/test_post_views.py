from dataclasses import replace
from fractions import Fraction

import pytest

from reports.creator.model import EqualAge
from reports.creator.post_views import view_post
from tests.fixtures.creator_reports import believable

POST = believable().posts[0]
AGE = EqualAge(40, 34, 12, Fraction(10), Fraction(16), Fraction(25))


@pytest.mark.parametrize(
    ("engagements", "verdict"),
    [
        (34, "Better than usual at this age"),
        (25, "As usual at this age"),
        (10, "As usual at this age"),
        (9, "Less than usual at this age"),
    ],
)
def test_a_post_is_judged_beside_earlier_ones_of_its_age(engagements: int, verdict: str) -> None:
    age = view_post(replace(POST, equal_age=replace(AGE, engagements=engagements))).age

    assert age is not None
    assert age.verdict == verdict


def test_the_range_of_earlier_posts_is_said_in_words() -> None:
    age = view_post(replace(POST, equal_age=AGE)).age

    assert age is not None
    assert age.words == (
        "34 engagements after 40 hours; half of your 12 earlier posts had 10 to 25 by then"
    )


def test_a_range_of_one_number_is_that_number() -> None:
    alike = replace(AGE, lower_quartile=Fraction(0), upper_quartile=Fraction(0))
    age = view_post(replace(POST, equal_age=alike)).age

    assert age is not None
    assert age.words.endswith("half of your 12 earlier posts had 0 by then")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (6, "up 6 places since the day before"),
        (-1, "down 1 place since the day before"),
        (0, "where it was the day before"),
        (None, "new: not among them the day before"),
    ],
)
def test_a_rank_is_told_with_its_movement(change: int | None, words: str) -> None:
    view = view_post(replace(POST, rank=1_014, rank_change=change))

    assert (view.rank, view.movement) == ("No. 1,014 of the popular posts", words)


def test_what_a_post_lacks_is_left_out() -> None:
    bare = replace(
        POST, score=None, interval=None, receipt=(), rank=None, equal_age=None, text=None
    )
    view = view_post(replace(bare, engagements=dict.fromkeys(POST.engagements, 0)))

    assert (view.score, view.interval, view.rank, view.movement) == (None, None, None, None)
    assert (view.age, view.excerpt) == (None, None)
    assert view.by_type == "no engagement in these days"
