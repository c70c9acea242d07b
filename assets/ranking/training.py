"""Learn a challenger from past days, calibrate it on later ones that it has not seen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from assets.ranking.booster import fit_booster
from assets.ranking.features import FEATURES
from assets.ranking.public_posts import YOUNG_HOURS
from assets.ranking.rank_quality import days_with_targets, quality_of
from assets.ranking.score_model import (
    LEAST_RELATIVE_SCORE,
    PRIOR,
    IntervalStep,
    Numbers,
    ScoreModel,
    log_prior,
)

SEED = 20_240_229
LEAST_DAYS = 8
MOST_HELD_OUT_DAYS = 14
# Posts that got something: fewer are too little to learn from; as many weigh as much as the prior.
LEAST_POSITIVES = 100
# Held-out posts that got something: by fewer, chance decides which model orders better.
LEAST_JUDGED_POSITIVES = 25
# Days on which anything happened, before the prior is calibrated.
LEAST_CALIBRATION_DAYS = 5
# A model is the mean of the newest boosters: what one learned from chance, the others did not.
MOST_BOOSTERS = 3
COVERAGE = 0.8
TAIL = (1 - COVERAGE) / 2
# Shares of the held-out posts at which the interval may change, and posts that a step needs.
STEPS = [0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]
LEAST_POSTS_OF_STEP = 30
# What a score of nothing is taken for, where a target is told as a factor of it.
LEAST_SCORE = 0.01
# Shares of the posts that may tie at the bottom, and what that has to gain.
TIED_SHARES = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.975, 0.98]
TIED_SHARES += [0.985, 0.99]
LEAST_GAIN_OF_TIES = 0.05
MOST_CORRECTION = 3.0
# What the plain estimate expects more of, the model does not expect less of.
RISING = ["prior"]


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to learn from, and later ones to judge by."""

    learned: pl.DataFrame
    held_out: pl.DataFrame

    @property
    def positives(self) -> int:
        """Examples to learn from that got anything."""
        return _positives(self.learned)

    @property
    def is_enough(self) -> bool:
        """Whether there is enough to learn from, and enough to judge by."""
        return (
            self.positives >= LEAST_POSITIVES
            and _positives(self.held_out) >= LEAST_JUDGED_POSITIVES
            and bool(days_with_targets(self.held_out))
        )


def may_suffice(rows_after: Sequence[int]) -> bool:
    """Whether examples could calibrate or teach, by the rows that each day's targets are made of.

    False only where examples of these days would certainly be too little for either.
    """
    eventful = sum(rows > 0 for rows in rows_after)
    is_enough = eventful >= LEAST_CALIBRATION_DAYS or sum(rows_after) >= LEAST_POSITIVES
    return is_enough and len(rows_after) >= LEAST_DAYS


def split_examples(examples: pl.DataFrame) -> Split | None:
    """Hold out the last quarter of the days, two weeks at most; none where there is too little."""
    days = examples["date"].unique().sort()
    if len(days) < LEAST_DAYS:
        return None
    first_held_out = days[-min(MOST_HELD_OUT_DAYS, len(days) // 4)]
    is_earlier = pl.col("date") < first_held_out
    parts = Split(_ordered(examples.filter(is_earlier)), _candidates(examples.filter(~is_earlier)))
    return parts if parts.is_enough else None


def train_challenger(parts: Split, champion: ScoreModel, *, trained_on: date) -> ScoreModel:
    """Learn from the earlier days; the same examples and champion give the same model."""
    targets, offset = parts.learned["target"].to_numpy(), log_prior(parts.learned)
    level = float(np.log(targets.sum() / np.exp(offset).sum()))
    booster = fit_booster(
        parts.learned.select(FEATURES), targets, offset + level, rising=RISING, seed=SEED
    )
    digest = hashlib.sha256(booster.encode()).hexdigest()[:8]
    learned = ScoreModel(
        model_id=f"{trained_on}-{digest}",
        boosters=[booster, *champion.boosters][:MOST_BOOSTERS],
        confidence=parts.positives / (parts.positives + LEAST_POSITIVES),
        scale=float(np.exp(level)),
    )
    return calibrate(learned, parts.held_out)


def calibrated_prior(examples: pl.DataFrame) -> ScoreModel:
    """The prior, calibrated on all examples, as it has learned from none."""
    candidates = _candidates(examples)
    is_enough = (
        candidates["date"].n_unique() >= LEAST_DAYS
        and len(days_with_targets(candidates)) >= LEAST_CALIBRATION_DAYS
    )
    return calibrate(PRIOR, candidates) if is_enough else PRIOR


def calibrate(model: ScoreModel, held_out: pl.DataFrame) -> ScoreModel:
    """Fit level, ties and interval to days that the model has not learned from."""
    targets = held_out["target"].to_numpy()
    untied = replace(model, floor=0.0, floor_score=0.0)
    expected = untied.expect(held_out)
    correction = (targets.sum() + 1) / (expected.sum() + 1)
    correction = float(np.clip(correction, 1 / MOST_CORRECTION, MOST_CORRECTION))
    floor = _floor(held_out, expected * correction)
    below = targets[expected * correction < floor]
    calibrated = replace(
        untied,
        scale=model.scale * correction,
        floor=floor,
        floor_score=min(float(below.mean()), floor) if below.size else 0.0,
    )
    scores = calibrated.score(held_out) / 100
    return replace(calibrated, interval=_interval(scores, targets))


def _positives(examples: pl.DataFrame) -> int:
    return examples.filter(pl.col("target") > 0).height


def _candidates(examples: pl.DataFrame) -> pl.DataFrame:
    return _ordered(examples.filter(pl.col("age_hours") <= YOUNG_HOURS))


def _ordered(examples: pl.DataFrame) -> pl.DataFrame:
    """One order: bagging and sums of floats would follow that in which the rows came."""
    return examples.sort("date", "post_id")


def _floor(held_out: pl.DataFrame, expected: Numbers) -> float:
    """Below which score to tie: none, unless that agrees clearly better with what came later."""
    untied = quality_of(held_out, expected).agreement
    thresholds = [float(number) for number in np.quantile(expected, TIED_SHARES)]
    tied = [
        quality_of(held_out, np.where(expected < threshold, 0.0, expected)).agreement
        for threshold in thresholds
    ]
    best = int(np.argmax(tied))
    return thresholds[best] if tied[best] >= untied + LEAST_GAIN_OF_TIES else 0.0


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
