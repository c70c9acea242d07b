from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assets.ranking.calibration import MOST_CORRECTION, calibrate
from assets.ranking.score_model import PRIOR, ScoreModel
from tests.fixtures.planted import FIRST_DAY, planted_examples


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_no_level_is_corrected_by_more_than_three(factor: float) -> None:
    examples = planted_examples(6, likes=5.0).with_columns(target=pl.col("target") * factor)

    scale = calibrate(PRIOR, examples).scale

    assert scale == pytest.approx(MOST_CORRECTION if factor > 1 else 1 / MOST_CORRECTION)


def test_the_interval_is_that_of_the_held_out_targets() -> None:
    """A thousand posts that are worth the same: quantiles by hand."""
    held_out = pl.DataFrame(
        {
            "prior": np.full(1_001, 5.0),
            "target": np.arange(1_001) / 100,
            "date": [FIRST_DAY] * 1_001,
            "events_last_24h": [0] * 1_001,
        }
    )

    [step] = calibrate(PRIOR, held_out).interval

    assert step.is_relative
    assert (step.from_score, step.lower, step.upper) == pytest.approx((1, 1 / 5, 9 / 5))


def calibrated_on(priors: list[float], factors: list[float]) -> ScoreModel:
    """On posts of a day, of which each got in turn one of these factors of its prior."""
    prior = np.array(priors)
    targets = prior * np.resize(factors, prior.size)
    held_out = pl.DataFrame({"prior": prior, "target": targets}).with_columns(
        date=FIRST_DAY, events_last_24h=0
    )
    return calibrate(PRIOR, held_out)


@pytest.mark.parametrize(
    "priors",
    [
        np.linspace(0.1, 0.9, 3_000).tolist(),
        [0.2] * 2_900 + [1.5] * 20 + [9.0] * 9,
        [0.2] * 2_900 + [1.5] * 20 + [9.0] * 90,
    ],
    ids=["none from 1 LIKE on", "too few from there on", "too few between there and a quantile"],
)
def test_from_a_like_on_intervals_widen_with_the_score_however_few_scored_that_much(
    priors: list[float],
) -> None:
    model = calibrated_on(priors, [0.5, 1.5])

    bounds = model.bounds(np.array([10, 100, 600, 5_000]))

    assert bounds
    lower, upper = bounds
    assert upper[0] < 200
    assert list(lower[1:]) == pytest.approx([50, 300, 2_500], rel=0.02)
    assert list(upper[1:]) == pytest.approx([150, 900, 7_500], rel=0.02)


def test_below_a_like_intervals_are_of_amounts_also_where_all_scored_more() -> None:
    model = calibrated_on([5.0] * 1_000, [0.5, 1.5])

    bounds = model.bounds(np.array([10, 60, 100]))

    assert [bound.tolist() for bound in bounds or ()] == [[10, 50, 50], [150, 150, 150]]


@pytest.mark.parametrize(("few", "are_told_together"), [(29, True), (30, False)])
def test_fewer_than_thirty_posts_from_a_like_on_are_told_together_with_those_above_them(
    few: int, *, are_told_together: bool
) -> None:
    model = calibrated_on(
        [0.2] * 2_900 + [1.5] * few + [9.0] * 90, [1.0] * 2_900 + [10.0] * few + [1.0] * 90
    )

    bounds = model.bounds(np.array([200, 2_000]))

    assert bounds
    upper = bounds[1] / [200, 2_000]
    assert upper[0] > 5
    assert bool(upper[1] > 5) is are_told_together


@pytest.mark.parametrize(("posts", "steps"), [(29, 0), (30, 1)])
def test_fewer_than_thirty_posts_have_no_interval(posts: int, steps: int) -> None:
    assert len(calibrated_on([5.0] * posts, [0.5, 1.5]).interval) == steps


def test_where_nothing_is_expected_and_nothing_came_nothing_is_told_of_any_score() -> None:
    bounds = calibrated_on([0.0] * 100, [1.0]).bounds(np.array([0, 100]))

    assert [bound.tolist() for bound in bounds or ()] == [[0, 0], [0, 100]]


def test_a_few_likes_correct_the_level_as_if_one_more_had_come_as_expected() -> None:
    assert calibrated_on([1.0] * 5, [0.4]).scale == pytest.approx((2 + 1) / (5 + 1))


def test_calibrating_again_starts_anew() -> None:
    examples = planted_examples(1)
    once = calibrate(PRIOR, examples)

    again = calibrate(replace(once, floor=3.0, floor_score=2.0), examples)

    assert again.scale == pytest.approx(once.scale, rel=1e-4)
    assert (again.floor, again.interval) == (once.floor, once.interval)
