"""Learn a challenger from past days, and judge it by later ones that it has not seen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from assets.ranking.booster import fit_booster
from assets.ranking.calibration import calibrate
from assets.ranking.features import FEATURES
from assets.ranking.public_posts import YOUNG_HOURS
from assets.ranking.rank_quality import Outcome
from assets.ranking.score_model import PRIOR, ScoreModel, log_prior

SEED = 20_240_229
LEAST_DAYS = 8
MOST_HELD_OUT_DAYS = 14
# Posts that got something: fewer are too little to learn from; as many weigh as much as the prior.
LEAST_POSITIVES = 100
# Held-out posts that got something: by fewer, chance decides which model orders better.
LEAST_JUDGED_POSITIVES = 25
# Days on which anything happened, before the prior is calibrated.
LEAST_CALIBRATION_DAYS = 3
# A model is the mean of the newest boosters: what one learned from chance, the others did not.
MOST_BOOSTERS = 3
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
            and Outcome(self.held_out).days > 0
        )


def may_suffice(rows_after: Sequence[int]) -> bool:
    """Whether examples could calibrate or teach, by the rows that each day's targets are made of.

    False only where examples of these days would certainly be too little for either.
    """
    calibrates = sum(rows > 0 for rows in rows_after) >= LEAST_CALIBRATION_DAYS
    teaches = len(rows_after) >= LEAST_DAYS and sum(rows_after) >= LEAST_POSITIVES
    return calibrates or teaches


def split_examples(examples: pl.DataFrame) -> Split | None:
    """Hold out the last quarter of the days, two weeks at most; none where there is too little."""
    days = examples["date"].unique().sort()
    if len(days) < LEAST_DAYS:
        return None
    first_held_out = days[-min(MOST_HELD_OUT_DAYS, len(days) // 4)]
    is_earlier = pl.col("date") < first_held_out
    parts = Split(_ordered(examples.filter(is_earlier)), _judged(examples.filter(~is_earlier)))
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
    judged = _judged(examples)
    is_enough = Outcome(judged).days >= LEAST_CALIBRATION_DAYS
    return calibrate(PRIOR, judged) if is_enough else PRIOR


def _positives(examples: pl.DataFrame) -> int:
    return examples.filter(pl.col("target") > 0).height


def _judged(examples: pl.DataFrame) -> pl.DataFrame:
    """Posts of a week; all of them where those got too little, as in a catalogue of old ones."""
    young = examples.filter(pl.col("age_hours") <= YOUNG_HOURS)
    return _ordered(young if _positives(young) >= LEAST_JUDGED_POSITIVES else examples)


def _ordered(examples: pl.DataFrame) -> pl.DataFrame:
    """One order: bagging and sums of floats would follow that in which the rows came."""
    return examples.sort("date", "post_id")
