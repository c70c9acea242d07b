"""Which posts tie at the bottom: where held-out days gave no ground to tell them apart."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from assets.ranking.rank_measures import Values
from assets.ranking.rank_quality import Outcome
from assets.ranking.score_model import Numbers, ScoreModel, is_idle

# Floors leave four fifths of the posts above them, then each so many times fewer than the last.
MOST_ABOVE = 0.8
TIMES_FEWER = 1.35
LEAST_ABOVE = 3
# A standard error takes two.
LEAST_DAYS = 2


def with_ties(untied: ScoreModel, held_out: pl.DataFrame, expected: Numbers) -> ScoreModel:
    """The model with the ties that agree best with what came later.

    With none, unless they gain more than a standard error over days. `expected` is the model's.
    """
    outcome, idle = Outcome(held_out), is_idle(held_out)
    if outcome.days < LEAST_DAYS:
        return untied
    without = sum(outcome.by_day(expected))
    best, most = untied, 0.0
    for options in _options(untied, expected, held_out["target"].to_numpy(), idle):
        tied = [sum(outcome.by_day(option.tie(expected, idle))) for option in options]
        gains = _with_neighbours(np.array(tied) - without)
        place = int(gains.mean(axis=1).argmax())
        gain = float(gains[place].mean())
        if gain > max(most, _standard_error(gains[place])):
            best, most = options[place], gain
    return best


def _options(
    untied: ScoreModel, expected: Numbers, targets: Numbers, idle: Numbers
) -> Iterator[list[ScoreModel]]:
    """The model with each floor: first of the posts that got nothing on the day, then of all."""
    for may_tie, ties_idle in ((idle, True), (np.ones_like(idle), False)):
        tied, got = expected[may_tie], targets[may_tie]
        floors = _floors(tied)
        # Idle posts may all tie: there are others to be told from.
        floors += [np.nextafter(tied.max(), np.inf)] if ties_idle and tied.size else []
        kind = replace(untied, ties_idle=ties_idle)
        if floors:
            yield [_tied_below(kind, float(floor), tied, got) for floor in floors]


def _floors(expected: Numbers) -> list[float]:
    """From the lowest to the highest."""
    most = expected.size * MOST_ABOVE
    if most < LEAST_ABOVE:
        return []
    above = most / TIMES_FEWER ** np.arange(np.log(most / LEAST_ABOVE) / np.log(TIMES_FEWER))
    return list(np.unique(np.quantile(expected, 1 - above / expected.size)))


def _tied_below(model: ScoreModel, floor: float, expected: Numbers, got: Numbers) -> ScoreModel:
    """The model with this floor, below which posts score what such posts got."""
    below = got[expected < floor]
    score = min(float(below.mean()), floor) if below.size else 0.0
    return replace(model, floor=floor, floor_score=score)


def _with_neighbours(gains: Values) -> Values:
    """Each floor's mixed with those beside it: one that only chance favours stands alone."""
    before, after = np.vstack([gains[:1], gains[:-1]]), np.vstack([gains[1:], gains[-1:]])
    mixed: Values = (before + 2 * gains + after) / 4
    return mixed


def _standard_error(daily: Values) -> float:
    return float(daily.std(ddof=1) / np.sqrt(daily.size))
