"""Fit a model's level, ties and interval to days that it has not learned from."""

from dataclasses import replace

import numpy as np
import polars as pl

from assets.ranking.score_model import (
    LEAST_RELATIVE_SCORE,
    IntervalStep,
    Numbers,
    ScoreModel,
)
from assets.ranking.ties import with_ties

COVERAGE = 0.8
TAIL = (1 - COVERAGE) / 2
# Shares of the held-out posts at which the interval may change, and posts that a step needs.
STEPS = [0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]
LEAST_POSTS_OF_STEP = 30
# What a score of nothing is taken for, where a target is told as a factor of it.
LEAST_SCORE = 0.01
MOST_CORRECTION = 3.0


def calibrate(model: ScoreModel, held_out: pl.DataFrame) -> ScoreModel:
    """Fit level, ties and interval to days that the model has not learned from."""
    targets = held_out["target"].to_numpy()
    untied = replace(model, floor=0.0, floor_score=0.0, ties_idle=False)
    expected = untied.expect(held_out)
    correction = (targets.sum() + 1) / (expected.sum() + 1)
    correction = float(np.clip(correction, 1 / MOST_CORRECTION, MOST_CORRECTION))
    level = replace(untied, scale=model.scale * correction)
    calibrated = with_ties(level, held_out, expected * correction)
    scores = calibrated.score(held_out) / 100
    return replace(calibrated, interval=_interval(scores, targets))


def _interval(scores: Numbers, targets: Numbers) -> list[IntervalStep]:
    """Quantiles of the targets by score, in steps that hold enough posts."""
    if scores.size < LEAST_POSTS_OF_STEP:
        return []
    begins = _begins(scores)
    place = np.searchsorted(begins, scores, side="right") - 1
    steps: list[IntervalStep] = []
    for number, begin in enumerate(begins):
        is_within, is_relative = place == number, bool(begin >= LEAST_RELATIVE_SCORE)
        if begin == LEAST_RELATIVE_SCORE and is_within.sum() < LEAST_POSTS_OF_STEP:
            is_within = scores >= np.sort(scores)[-LEAST_POSTS_OF_STEP]
        if is_within.sum() >= LEAST_POSTS_OF_STEP:
            unit = np.maximum(scores[is_within], LEAST_SCORE) if is_relative else 1.0
            lower, upper = np.quantile(targets[is_within] / unit, [TAIL, 1 - TAIL])
            steps.append(IntervalStep(float(begin), float(lower), float(upper), is_relative))
    return steps


def _begins(scores: Numbers) -> Numbers:
    """Where steps begin: factors at 1 LIKE, whether or not a quantile lies there.

    Of the quantiles above it those that leave it enough posts; where there are too few, none.
    """
    begins = np.unique(np.quantile(scores, STEPS))
    relative = np.sort(scores[scores >= LEAST_RELATIVE_SCORE])
    enough = relative[LEAST_POSTS_OF_STEP - 1 :].min(initial=np.inf)
    below, above = begins[begins < LEAST_RELATIVE_SCORE], begins[begins > enough]
    return np.concatenate([below, [LEAST_RELATIVE_SCORE], above])
