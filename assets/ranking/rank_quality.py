"""How well an order of posts agrees with what they then got."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ranking.rank_measures import Values

TOP = 100

Places: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over the days on which any post got anything."""

    ndcg: float
    spearman: float

    @property
    def agreement(self) -> float:
        """Both measures in one number: the top of the list counts as much as the whole order."""
        return self.ndcg + self.spearman


class Outcome:
    """What posts then got (`target`, per `date`), made ready for measuring many scores of them.

    All dates at once: of a few posts a day, a call for each takes longer than its work.
    """

    def __init__(self, posts: pl.DataFrame) -> None:
        # On other days, and of a single post, nothing can be told.
        is_telling = (pl.col("target").max() > 0) & (pl.len() > 1)
        told = posts.select("date", "target").with_row_index("row").filter(is_telling.over("date"))
        told = told.sort("date", maintain_order=True)
        sizes = told["date"].rle().struct.field("len").to_numpy()
        self.days = len(sizes)
        self._rows = told["row"].to_numpy()
        self._day: Places = np.repeat(np.arange(self.days), sizes)
        self._place: Places = np.arange(len(told)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        self._middle = np.repeat((sizes - 1) / 2, sizes)
        self._discount = np.where(self._place < TOP, 1 / np.log2(self._place + 2), 0.0)
        self._targets = told["target"].to_numpy()
        order, ties = self._sorted(self._targets)
        self._best = self._per_day(self._targets[order] * self._discount)
        self._target_places: Values = np.empty(len(told))
        self._target_places[order] = self._tied_places(ties)

    def quality(self, scores: npt.NDArray[np.generic]) -> Quality:
        """Measure a score of each post; 0 where there is no day on which any got anything."""
        if not self.days:
            return Quality(0.0, 0.0)
        ndcg, spearman = self.by_day(scores)
        return Quality(float(ndcg.mean()), float(spearman.mean()))

    def by_day(self, scores: npt.NDArray[np.generic]) -> tuple[Values, Values]:
        """NDCG and Spearman of each day on which any post got anything."""
        order, ties = self._sorted(np.asarray(scores, dtype=np.float64)[self._rows])
        # Posts that tie share the gain of their places evenly, as in `rank_measures.ndcg`.
        gains = _mean_of_ties(self._targets[order], ties) * self._discount
        places, targets = self._tied_places(ties), self._target_places[order]
        scale = np.sqrt(self._per_day(places * places) * self._per_day(targets * targets))
        together = self._per_day(places * targets)
        correlated = np.divide(together, scale, out=np.zeros(self.days), where=scale > 0)
        return self._per_day(gains) / self._best, correlated

    def _sorted(self, values: Values) -> tuple[Places, Places]:
        """Where the posts stand, days in order and the highest first, and which of them tie."""
        order = np.lexsort((-values, self._day))
        ordered = values[order]
        is_new = (self._place == 0) | (ordered != np.roll(ordered, 1))
        return order, np.cumsum(is_new) - 1

    def _tied_places(self, ties: Places) -> Values:
        """Distance from the middle of the day, ties at their mean."""
        return _mean_of_ties(self._place, ties) - self._middle

    def _per_day(self, values: Values) -> Values:
        sums: Values = np.bincount(self._day, weights=values).astype(np.float64)
        return sums


def quality_of(posts: pl.DataFrame, scores: npt.NDArray[np.generic]) -> Quality:
    """Measure one score of the posts against what they then got."""
    return Outcome(posts).quality(scores)


def _mean_of_ties(values: npt.NDArray[np.generic], ties: Places) -> Values:
    means: Values = np.bincount(ties, weights=values) / np.bincount(ties)
    return means[ties]
