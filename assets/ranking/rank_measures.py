"""How well an order of posts, or an expectation of their engagement, agrees with what came true."""

from importlib import import_module
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Values: TypeAlias = npt.NDArray[np.float64]


def spearman(target: Values, prediction: Values) -> float:
    """Correlation of ranks, ties at their mean rank; 0 where either side puts nothing in order."""
    ranks, predicted = (pl.Series(values).rank().to_numpy() for values in (target, prediction))
    centred, other = ranks - ranks.mean(), predicted - predicted.mean()
    scale = np.sqrt((centred @ centred) * (other @ other))
    return float(centred @ other / scale) if scale > 0 else 0.0


def kendall(target: Values, prediction: Values) -> float:
    """Kendall's tau-b; 0 where either side puts nothing in order."""
    # Loaded here, as it takes a second: only back-tests pay for it.
    tau = float(import_module("scipy.stats").kendalltau(target, prediction).statistic)
    return 0.0 if np.isnan(tau) else tau


def ndcg(target: Values, prediction: Values, *, places: int) -> float:
    """Discounted gain of the first places, of the most possible: gains as they are, not 2^gain.

    Posts that tie share the gain of their places evenly, as if the mean of all their orders.
    A prediction that is no number would have no place.
    """
    discounts = 1 / np.log2(np.arange(2, min(places, target.size) + 2))
    best = np.sort(target)[::-1][: discounts.size] @ discounts
    gained = _gains_by_place(target, prediction)[: discounts.size] @ discounts
    return float(gained / best) if best > 0 else 0.0


def _gains_by_place(target: Values, prediction: Values) -> Values:
    _, group, sizes = np.unique(-prediction, return_inverse=True, return_counts=True)
    means: Values = np.bincount(group, weights=target) / sizes
    return np.repeat(means, sizes)


def msle(target: Values, prediction: Values) -> float:
    """Mean squared difference of log(1 + x): how far off by factors, small posts counting too."""
    return float(np.mean((np.log1p(prediction) - np.log1p(target)) ** 2))


def tweedie_deviance(targets: Values, expected: Values) -> float:
    """Mean deviance of power 1.5: how far expectations are from what came, zeros included."""
    roots = np.sqrt(np.maximum(expected, 1e-6))
    return float(np.mean(4 * (roots + targets / roots - 2 * np.sqrt(targets))))


def coverage(target: Values, lower: Values, upper: Values) -> float | None:
    """Share of targets within their intervals, ends included; none where there is no interval."""
    known = ~(np.isnan(lower) | np.isnan(upper))
    if not known.any():
        return None
    inside = (lower[known] <= target[known]) & (target[known] <= upper[known])
    return float(inside.mean())


def share_of_ties(prediction: Values) -> float:
    """Share of values that another one equals."""
    _, sizes = np.unique(prediction, return_counts=True)
    return float(sizes[sizes > 1].sum() / prediction.size)
