"""How well an order of posts agrees with what they then got."""

import numpy as np
import polars as pl
from scipy.stats import rankdata

TOP = 100


def ndcg(targets: np.ndarray, scores: np.ndarray, *, top: int = TOP) -> float:
    """Normalised discounted cumulative gain of the first `top`, gains linear, ties averaged.

    NaN where no target is above zero.
    """
    if targets.size == 0 or targets.max() <= 0:
        return float("nan")
    discounts = np.zeros(targets.size)
    discounts[:top] = 1 / np.log2(np.arange(2, min(top, targets.size) + 2))
    best = np.sort(targets)[::-1] @ discounts
    _, group, sizes = np.unique(-scores, return_inverse=True, return_counts=True)
    mean_gain = np.bincount(group, targets) / sizes
    ends = np.cumsum(sizes)
    summed = np.concatenate(([0.0], np.cumsum(discounts)))
    return float(mean_gain @ (summed[ends] - summed[ends - sizes]) / best)


def spearman(targets: np.ndarray, scores: np.ndarray) -> float:
    """Rank correlation, ties at their mean rank; 0 where either side is all tied."""
    mine, theirs = rankdata(scores), rankdata(targets)
    if np.ptp(mine) == 0 or np.ptp(theirs) == 0:
        return 0.0
    return float(np.corrcoef(mine, theirs)[0, 1])


def by_day(posts: pl.DataFrame, scores: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Targets and scores of each date on which any post got anything."""
    scored = posts.select("date", "target").with_columns(score=scores)
    days = scored.partition_by("date", maintain_order=True)
    pairs = [(day["target"].to_numpy(), day["score"].to_numpy()) for day in days]
    return [pair for pair in pairs if pair[0].size > 1 and pair[0].max() > 0]
