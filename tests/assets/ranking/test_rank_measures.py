import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import mean_squared_log_error, ndcg_score

from assets.ranking.rank_measures import (
    coverage,
    kendall,
    msle,
    ndcg,
    share_of_ties,
    spearman,
    tweedie_deviance,
)

FEW_VALUES = st.integers(0, 5).map(float)
PAIRS = st.lists(st.tuples(FEW_VALUES, FEW_VALUES), min_size=3, max_size=40)
NAN = float("nan")


def columns(pairs: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    target, prediction = np.array(pairs, dtype=float).T
    return target, prediction


def is_constant(values: np.ndarray) -> bool:
    return bool((values == values[0]).all())


@given(PAIRS)
def test_correlations_equal_scipys_where_those_are_defined_and_else_are_0(
    pairs: list[tuple[float, float]],
) -> None:
    target, prediction = columns(pairs)

    if is_constant(target) or is_constant(prediction):
        assert (spearman(target, prediction), kendall(target, prediction)) == (0, 0)
    else:
        assert spearman(target, prediction) == pytest.approx(spearmanr(target, prediction)[0])
        assert kendall(target, prediction) == pytest.approx(kendalltau(target, prediction)[0])


def test_kendall_counts_pairs_by_hand() -> None:
    # The first pair agrees, the second ties, the third disagrees.
    assert kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 1.0])) == 0
    # Two agree, none disagrees, one ties on one side: 2 / sqrt(3 * 2).
    tau = kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]))
    assert tau == pytest.approx(2 / math.sqrt(6))


def test_spearman_by_hand() -> None:
    # One minus six times the squared differences of ranks, by n times n squared less one.
    by_hand = 1 - 6 * (1 + 1 + 0) / (3 * 8)

    assert spearman(np.array([1.0, 2.0, 3.0]), np.array([2.0, 1.0, 3.0])) == pytest.approx(by_hand)


@given(PAIRS, st.sampled_from([1, 3, 10, 100]))
def test_ndcg_equals_scikit_learns(pairs: list[tuple[float, float]], places: int) -> None:
    target, prediction = columns(pairs)

    expected = ndcg_score([target], [prediction], k=places)

    assert ndcg(target, prediction, places=places) == pytest.approx(expected, abs=1e-12)


def test_ndcg_of_thousands_of_mostly_silent_posts_equals_scikit_learns() -> None:
    dice = np.random.default_rng(5)
    target = dice.poisson(0.3, 5_000) * dice.lognormal(size=5_000)
    prediction = np.round(target * dice.lognormal(size=5_000), 1)

    for places in (10, 100, 1_000):
        expected = ndcg_score([target], [prediction], k=places)
        assert ndcg(target, prediction, places=places) == pytest.approx(expected)


def test_ndcg_by_hand_shares_the_gain_of_ties_evenly() -> None:
    target, prediction = np.array([4.0, 0.0, 2.0]), np.array([1.0, 1.0, 0.0])

    # The first two places share (4 + 0) / 2; the best order is 4, 2.
    second = 1 / math.log2(3)
    assert ndcg(target, prediction, places=2) == pytest.approx((2 + 2 * second) / (4 + 2 * second))


@given(PAIRS, st.randoms(use_true_random=False))
def test_no_measure_depends_on_the_order_of_posts(
    pairs: list[tuple[float, float]], random: Random
) -> None:
    shuffled = list(pairs)
    random.shuffle(shuffled)
    one, other = columns(pairs), columns(shuffled)

    assert spearman(*one) == pytest.approx(spearman(*other))
    assert kendall(*one) == pytest.approx(kendall(*other))
    assert ndcg(*one, places=10) == pytest.approx(ndcg(*other, places=10))
    assert msle(*one) == pytest.approx(msle(*other))


@given(PAIRS)
def test_msle_equals_scikit_learns(pairs: list[tuple[float, float]]) -> None:
    target, prediction = columns(pairs)

    assert msle(target, prediction) == pytest.approx(mean_squared_log_error(target, prediction))


def test_msle_by_hand() -> None:
    off_by_e = msle(np.array([0.0, 0.0]), np.array([math.e - 1, 0.0]))

    assert off_by_e == pytest.approx(0.5)


def test_coverage_counts_both_ends_and_only_posts_with_an_interval() -> None:
    target = np.array([1.0, 2.0, 3.0, 9.0])
    lower, upper = np.array([1.0, 0.0, 4.0, NAN]), np.array([5.0, 2.0, 5.0, NAN])

    assert coverage(target, lower, upper) == pytest.approx(2 / 3)


def test_without_an_interval_there_is_no_coverage() -> None:
    assert coverage(np.array([1.0]), np.array([NAN]), np.array([NAN])) is None


def test_ties_are_values_that_another_one_equals() -> None:
    assert share_of_ties(np.array([0.0, 0.0, 0.0, 1.0])) == 0.75
    assert share_of_ties(np.array([0.0, 1.0])) == 0


def test_the_deviance_is_that_of_its_distribution() -> None:
    """Power 1.5: 2 (y^0.5 / ((-0.5)(0.5)) - y m^-0.5 / -0.5 + m^0.5 / 0.5), written out."""
    targets, expected = np.array([0.0, 4.0, 9.0]), np.array([1.0, 4.0, 1.0])

    by_hand = [
        2 * (y**0.5 / (-0.5 * 0.5) - y * m**-0.5 / -0.5 + m**0.5 / 0.5)
        for y, m in zip(targets, expected, strict=True)
    ]

    assert by_hand[1] == 0
    assert tweedie_deviance(targets, expected) == pytest.approx(np.mean(by_hand))


def test_an_expectation_of_nothing_is_far_off_and_finite() -> None:
    assert 1_000 < tweedie_deviance(np.array([5.0]), np.array([0.0])) < np.inf
