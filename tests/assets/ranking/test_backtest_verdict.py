from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.ranking.backtest import DAYS, METHODS, RESULTS, Backtest
from assets.ranking.backtest_verdict import (
    BLOCK_DAYS,
    FEWEST_DAYS,
    RESAMPLES,
    bootstrap_interval,
    differences,
    mean_measures,
    resampled_days,
)

FIRST = date(2024, 1, 1)


def outcome_of(days: int, **means: float) -> Backtest:
    """Days on which each method has a value of its own plus the weather of the day."""
    weather = np.random.default_rng(1).normal(0, 0.1, days)
    rows = [
        {
            "date": FIRST + timedelta(days=n),
            "kind": "all",
            "slice": "all posts",
            "method": method,
            "posts": 10,
            "spearman": means.get(method.replace(" ", "_"), 0.0) + weather[n],
            "ndcg_100": means.get(method.replace(" ", "_"), 0.0) + weather[n],
        }
        for n in range(days)
        for method in METHODS
    ]
    return Backtest(pl.DataFrame(rows, schema=RESULTS), pl.DataFrame(schema=DAYS))


def test_means_are_over_days_not_over_posts() -> None:
    rows = [
        {"kind": "all", "slice": "all posts", "method": "score", "posts": 1, "spearman": 1.0},
        {"kind": "all", "slice": "all posts", "method": "score", "posts": 99, "spearman": 0.0},
    ]

    [mean] = mean_measures(pl.DataFrame(rows, schema=RESULTS)).to_dicts()

    assert (mean["days"], mean["posts"], mean["spearman"], mean["msle"]) == (2, 100, 0.5, None)


def test_coverage_is_over_scores_with_an_interval_not_over_days() -> None:
    score = {"kind": "age", "slice": "under 6 h", "method": "score", "posts": 9}
    rows = [
        score | {"with_interval": 1, "coverage": 0.0},
        score | {"with_interval": 3, "coverage": 1.0},
        score | {"with_interval": 0, "coverage": None},
        score | {"method": "prior", "with_interval": 0, "coverage": None},
    ]

    means = mean_measures(pl.DataFrame(rows, schema=RESULTS))

    assert means["with_interval"].to_list() == [4, 0]
    assert means["coverage"].to_list() == [0.75, None]


def test_the_score_is_compared_with_every_method_and_the_best_heuristic_is_marked() -> None:
    rows = differences(outcome_of(30, score=0.5, prior=0.9, last_24_hours=0.4, Reddit_hot=0.3))

    assert [row.method for row in rows] == [*METHODS[1:], *METHODS[1:]]
    assert [row.method for row in rows if row.is_best] == ["last 24 hours"] * 2
    [best, _] = [row for row in rows if row.is_best]
    assert best.mean == pytest.approx(0.1)


def test_differences_are_paired_so_that_the_weather_of_the_days_cancels_out() -> None:
    [best, _] = [
        row for row in differences(outcome_of(30, score=0.5, Reddit_hot=0.4)) if row.is_best
    ]

    assert [best.lower, best.upper] == pytest.approx([0.1, 0.1])


def test_without_a_judged_day_nothing_is_compared() -> None:
    assert differences(outcome_of(0)) == []


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = np.random.default_rng(2).normal(size=30)

    assert bootstrap_interval(values, seed=1) == bootstrap_interval(values, seed=1)
    assert bootstrap_interval(values, seed=1) != bootstrap_interval(values, seed=2)


def test_resamples_are_made_of_blocks_of_neighbouring_days() -> None:
    drawn = resampled_days(30, seed=1)

    assert drawn.shape == (RESAMPLES, 30)
    steps = np.diff(drawn, axis=1) % 30
    within_blocks = np.arange(1, 30) % BLOCK_DAYS != 0
    assert (steps[:, within_blocks] == 1).all()
    assert not (steps[:, ~within_blocks] == 1).all()


def test_every_day_is_drawn_as_often_as_any_other() -> None:
    drawn = np.bincount(resampled_days(30, seed=1).ravel(), minlength=30)

    assert drawn == pytest.approx(np.full(30, RESAMPLES), rel=0.15)


def test_the_interval_of_independent_days_is_that_of_the_normal_approximation() -> None:
    values = np.random.default_rng(3).normal(1, 0.5, size=700)

    lower, upper = bootstrap_interval(values)

    spread = 1.96 * values.std() / np.sqrt(values.size)
    assert lower == pytest.approx(values.mean() - spread, abs=spread / 4)
    assert upper == pytest.approx(values.mean() + spread, abs=spread / 4)


def test_days_that_resemble_their_neighbours_are_less_certain() -> None:
    dice = np.random.default_rng(4)
    weeks = np.repeat(dice.normal(size=40), BLOCK_DAYS)
    shuffled = dice.permutation(weeks)

    def width(values: np.ndarray) -> float:
        lower, upper = bootstrap_interval(values)
        assert lower is not None
        assert upper is not None
        return upper - lower

    assert width(weeks) > 1.5 * width(shuffled)


def test_too_few_days_have_no_interval_rather_than_a_narrow_one() -> None:
    values = np.random.default_rng(5).normal(size=FEWEST_DAYS)

    assert bootstrap_interval(values[1:]) == (None, None)
    assert None not in bootstrap_interval(values)
