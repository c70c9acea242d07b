"""What a back-test says: means over days, and differences with intervals that respect time."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ranking.backtest import MEASURES, PRIOR, SCORE, Backtest, Kind
from assets.ranking.heuristics import HEURISTICS

SEED = 20_240_229
RESAMPLES = 2_000
# Days of a week resemble their neighbours and their weekdays: they are drawn together.
BLOCK_DAYS = 7
# With fewer than two blocks every resample is nearly the same days, and looks certain.
FEWEST_DAYS = 2 * BLOCK_DAYS
INTERVAL = (2.5, 97.5)
JUDGED_BY = ("ndcg_100", "spearman")

Days: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Difference:
    """Score minus another method in one measure: mean over days, 95 % interval where known."""

    measure: str
    method: str
    score: float
    other: float
    lower: float | None
    upper: float | None
    is_best: bool

    @property
    def mean(self) -> float:
        """How much the score is ahead."""
        return self.score - self.other


def mean_measures(results: pl.DataFrame) -> pl.DataFrame:
    """Mean over days of each measure, per kind, slice and method, in the order of the results.

    Coverage is that of all scores with an interval: days of few would tell nothing alone.
    """
    keys = ("kind", "slice", "method")
    with_interval = pl.col("with_interval")
    inside = (pl.col("coverage") * with_interval).sum()
    return results.group_by(*keys, maintain_order=True).agg(
        pl.len().alias("days"),
        pl.col("posts").sum(),
        pl.col(*MEASURES).mean(),
        with_interval.sum(),
        coverage=pl.when(with_interval.sum() > 0).then(inside / with_interval.sum()),
    )


def differences(outcome: Backtest, *, seed: int = SEED) -> list[Difference]:
    """Compare the score with the prior and each heuristic; the best heuristic is marked."""
    return [row for measure in JUDGED_BY for row in _differences(outcome, measure, seed)]


def _differences(outcome: Backtest, measure: str, seed: int) -> list[Difference]:
    overall = outcome.results.filter(pl.col("kind") == Kind.ALL)
    if overall.is_empty():
        return []
    values = overall.pivot("method", index="date", values=measure).sort("date")
    means = {name: float(values[name].to_numpy().mean()) for name in values.columns[1:]}
    best = max((heuristic.name for heuristic in HEURISTICS), key=means.__getitem__)
    rows = []
    for method in (PRIOR, *(heuristic.name for heuristic in HEURISTICS)):
        ahead = (values[SCORE] - values[method]).to_numpy()
        lower, upper = bootstrap_interval(ahead, seed=seed)
        rows.append(
            Difference(measure, method, means[SCORE], means[method], lower, upper, method == best)
        )
    return rows


def bootstrap_interval(
    values: npt.NDArray[np.float64], *, seed: int = SEED
) -> tuple[float, float] | tuple[None, None]:
    """95 % interval of the mean of consecutive days; none where the days are too few to tell.

    The same seed draws the same days, so that methods are compared on the same resamples.
    """
    if values.size < FEWEST_DAYS:
        return None, None
    lower, upper = np.percentile(values[resampled_days(values.size, seed)].mean(axis=1), INTERVAL)
    return float(lower), float(upper)


def resampled_days(days: int, seed: int) -> Days:
    """Draw, per resample, blocks of 7 consecutive days; past the last day comes the first.

    Going round gives every day the same chance; blocks keep neighbours together.
    """
    blocks = -(-days // BLOCK_DAYS)
    starts = np.random.default_rng(seed).integers(days, size=(RESAMPLES, blocks, 1))
    drawn = (starts + np.arange(BLOCK_DAYS)) % days
    return drawn.reshape(RESAMPLES, -1)[:, :days].astype(np.intp)
