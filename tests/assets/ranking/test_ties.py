"""Days whose posts and outcomes are made so that one tie is right."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from assets.ranking.calibration import calibrate
from assets.ranking.rank_quality import quality_of
from assets.ranking.score_model import PRIOR
from assets.ranking.ties import _floors, _with_neighbours, with_ties
from tests.fixtures.planted import FIRST_DAY, planted_examples


def days_of(*days: tuple[list[float], list[float]], active: int = 0) -> pl.DataFrame:
    """Days of posts by what was expected and what came; the last so many had something that day."""
    frames = [
        pl.DataFrame({"prior": expected, "target": came}).with_columns(
            date=FIRST_DAY + timedelta(days=number),
            events_last_24h=(pl.int_range(pl.len()) >= pl.len() - active).cast(pl.UInt32),
        )
        for number, (expected, came) in enumerate(days)
    ]
    return pl.concat(frames)


def floor_of(posts: pl.DataFrame) -> tuple[float, bool]:
    tied = with_ties(PRIOR, posts, posts["prior"].to_numpy())
    return tied.floor, tied.ties_idle


def test_posts_below_the_floor_tie_only_where_that_pays() -> None:
    """Below the median, the prior misleads: whoever is lower got more."""
    examples = planted_examples(1)
    ranks = pl.col("prior").rank() / pl.len()
    misleading = examples.with_columns(
        target=pl.when(ranks > 0.6).then(20 * ranks).otherwise(1 - ranks)
    )

    assert calibrate(PRIOR, examples).floor == 0
    tied = calibrate(PRIOR, misleading)
    assert tied.floor > 0
    below = misleading.filter(pl.Series(PRIOR.expect(misleading) * tied.scale < tied.floor))
    assert below.height / misleading.height == pytest.approx(0.6, abs=0.1)
    assert set(tied.score(below)) == {round(below["target"].to_numpy().mean() * 100)}
    assert tied.floor_score <= tied.floor


def test_idle_posts_tie_where_only_those_with_something_are_rightly_ordered() -> None:
    """Whoever got nothing on the day gets nothing, however much is expected."""
    examples = planted_examples(1, days=8).with_columns(events_last_24h=pl.int_range(pl.len()) % 3)
    went_on = examples.with_columns(
        target=pl.when(pl.col("events_last_24h") == 0).then(0).otherwise(pl.col("prior"))
    )

    tied = calibrate(PRIOR, went_on)

    assert tied.ties_idle
    idle = went_on.filter(pl.col("events_last_24h") == 0)
    others = went_on.filter(pl.col("events_last_24h") > 0)
    assert len(set(tied.score(idle))) == 1
    assert len(set(tied.score(others))) > others.height / 10
    assert quality_of(went_on, tied.score(went_on)).spearman > 0.99


def test_of_hundreds_of_posts_the_two_that_stand_out_are_told_from_the_rest() -> None:
    """Of what is below them the order misleads."""
    expected = [float(n) for n in range(1, 399)] + [1_000.0, 2_000.0]
    came = [1.0] * 100 + [0.0] * 298 + [5.0, 9.0]

    floor, _ = floor_of(days_of(*[(expected, came)] * 10))

    assert 398 <= floor <= 1_000


def test_posts_that_tie_never_score_more_than_those_above_them() -> None:
    """Those below got more than was expected of them, and those above less, in the right order."""
    lower, upper = [float(n) for n in range(1, 52)], [float(n) for n in range(1_000, 1_050)]
    came = [90.0] * len(lower) + [n - 800 for n in upper]

    model = calibrate(PRIOR, days_of(*[(lower + upper, came)] * 2))

    assert 0 < model.floor < 90
    assert model.floor_score == model.floor


def test_of_two_floors_that_gain_the_one_that_gains_more_is_chosen() -> None:
    """Below 15 all may tie, but idle posts above it mislead as well."""
    idle = [float(n) for n in range(1, 31)], [n / 100 for n in range(30, 0, -1)]
    active = [float(n) for n in range(20, 30)], [float(n) for n in range(50, 60)]
    day = idle[0] + active[0], idle[1] + active[1]

    floor, ties_idle = floor_of(days_of(day, day, active=10))

    assert ties_idle
    assert floor > 30
    assert floor_of(days_of(day, day))[0] > 0


def test_ties_that_may_gain_by_chance_alone_are_left_out() -> None:
    """Below the upper half, the order is wrong on some days, which costs more than a tie."""
    expected = [float(n) for n in range(1, 41)]
    right, wrong = expected, [*expected[:20][::-1], *expected[20:]]

    by_chance = days_of(*[(expected, right)] * 6, *[(expected, wrong)] * 3)
    surely = days_of(*[(expected, right)] * 3, *[(expected, wrong)] * 6)

    assert floor_of(by_chance) == (0, False)
    assert floor_of(surely)[0] > 0


def test_a_single_day_is_no_ground_for_ties() -> None:
    expected = [float(n) for n in range(1, 41)]
    wrong = [*expected[:20][::-1], *expected[20:]]

    assert floor_of(days_of((expected, wrong))) == (0, False)
    assert floor_of(days_of(*[(expected, wrong)] * 2))[0] > 0


def test_a_floor_that_chance_favours_stands_back_behind_one_whose_neighbours_gain_too() -> None:
    of_a_day = np.array([[0.0, 0.0, 1.0, 0.0, 0.6, 0.7, 0.6]]).T

    mixed = _with_neighbours(of_a_day)

    assert mixed.argmax() == 5
    assert mixed[:, 0].tolist() == [0.0, 0.25, 0.5, 0.4, 0.475, 0.65, 0.625]


@pytest.mark.parametrize("posts", [0, 1, 3])
def test_a_handful_of_posts_has_no_floor(posts: int) -> None:
    assert _floors(np.arange(posts, dtype=float)) == []
