"""How well an order of posts agrees with what they then got."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.ranking.rank_measures import ndcg, spearman

TOP = 100
# The top of the list is what people see: it counts as much more than the order of all the rest.
NDCG_POINTS = 4


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the days on which any post got anything."""

    ndcg: float
    spearman: float

    @property
    def agreement(self) -> float:
        """Both measures in one number."""
        return NDCG_POINTS * self.ndcg + self.spearman


def quality_of(posts: pl.DataFrame, scores: np.ndarray) -> Quality:
    """Measure scores of posts against their `target`, per `date`; 0 where there is no such day."""
    days = days_with_targets(posts.select("date", "target", score=scores))
    pairs = [(day["target"].to_numpy(), day["score"].to_numpy()) for day in days]
    if not pairs:
        return Quality(0.0, 0.0)
    return Quality(
        float(np.mean([ndcg(*pair, places=TOP) for pair in pairs])),
        float(np.mean([spearman(*pair) for pair in pairs])),
    )


def days_with_targets(posts: pl.DataFrame) -> list[pl.DataFrame]:
    """The posts of each date on which at least one of several got anything."""
    is_telling = (pl.col("target").max() > 0) & (pl.len() > 1)
    return posts.filter(is_telling.over("date")).partition_by("date", maintain_order=True)
