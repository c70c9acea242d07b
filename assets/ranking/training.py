"""Learn a challenger from past days, and judge it on later ones that it has not seen."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from assets.ranking.booster import fit_booster
from assets.ranking.features import FEATURES
from assets.ranking.rank_quality import by_day, ndcg, spearman
from assets.ranking.score_model import IntervalStep, Numbers, ScoreModel, log_prior

SEED = 20_240_229
LEAST_DAYS = 8
MOST_HELD_OUT_DAYS = 14
# Posts that got something: fewer are too little to learn from; as many weigh as much as the prior.
LEAST_POSITIVES = 100
CANDIDATE_HOURS = 168
COVERAGE = 0.8
# Shares of the held-out posts at which the interval may change, and posts that a step needs.
STEPS = [0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99]
LEAST_POSTS_OF_STEP = 30
# Shares of the posts that may tie at the bottom, and what that has to gain.
TIED_SHARES = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99]
LEAST_GAIN_OF_TIES = 0.02
# The top of the list is what people see: it counts as much more than the order of all the rest.
NDCG_POINTS = 4
RISING = ["prior"]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over held-out days, candidates being posts of the last 7 days."""

    ndcg_100: float
    spearman: float

    @property
    def total(self) -> float:
        """What decides between two models."""
        return NDCG_POINTS * self.ndcg_100 + self.spearman


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to learn from, and later ones to judge by."""

    learnt: pl.DataFrame
    held_out: pl.DataFrame


def split(examples: pl.DataFrame) -> Split | None:
    """Hold out the last quarter of the days, a week at most; none where there is too little."""
    days = examples["date"].unique().sort()
    if len(days) < LEAST_DAYS:
        return None
    first_held_out = days[-min(MOST_HELD_OUT_DAYS, len(days) // 4)]
    parts = Split(
        examples.filter(pl.col("date") < first_held_out),
        examples.filter(pl.col("date") >= first_held_out, pl.col("age_hours") <= CANDIDATE_HOURS),
    )
    enough = parts.learnt.filter(pl.col("target") > 0).height >= LEAST_POSITIVES
    return parts if enough and by_day(parts.held_out, np.zeros(parts.held_out.height)) else None


def train_challenger(parts: Split, *, trained_on: date) -> ScoreModel:
    """Learn from the first days, calibrate on the later ones; the same examples, the same model."""
    learnt = parts.learnt
    targets, offset = learnt["target"].to_numpy(), log_prior(learnt)
    level = np.log(targets.sum() / np.exp(offset).sum())
    booster = fit_booster(
        learnt.select(FEATURES), targets, offset + level, rising=RISING, seed=SEED
    )
    positives = int((targets > 0).sum())
    raw = ScoreModel(
        model_id=f"{trained_on}-{hashlib.sha256(booster.encode()).hexdigest()[:8]}",
        boosters=[booster],
        confidence=positives / (positives + LEAST_POSITIVES),
        scale=float(np.exp(level)),
    )
    return calibrate(raw, parts.held_out)


def choose(champion: ScoreModel, parts: Split, *, trained_on: date) -> "Choice":
    """The best on held-out days of the challenger, the champion and the calibrated prior."""
    prior = calibrate(PRIOR, parts.held_out)
    challenger = train_challenger(parts, trained_on=trained_on)
    reigning = champion if champion.boosters else prior
    quality = Qualities(*(judge(model, parts.held_out) for model in (challenger, reigning, prior)))
    models = {challenger: quality.challenger, reigning: quality.champion, prior: quality.prior}
    return Choice(challenger, max(reversed(models), key=lambda model: models[model].total), quality)


def calibrate(model: ScoreModel, held_out: pl.DataFrame) -> ScoreModel:
    """Fit level, ties and interval to held-out days."""
    expected, targets = model.expect(held_out), held_out["target"].to_numpy()
    correction = float(np.clip((targets.sum() + 1) / (expected.sum() + 1), 1 / 3, 3))
    scaled = replace(model, scale=model.scale * correction)
    floor = _floor(held_out, expected * correction)
    is_below = expected * correction < floor
    tied = replace(
        scaled, floor=floor, floor_score=float(targets[is_below].mean()) if floor else 0.0
    )
    tied = replace(tied, floor_score=min(tied.floor_score, floor))
    return replace(tied, interval=_interval(tied.score(held_out) / 100, targets))


def judge(model: ScoreModel, held_out: pl.DataFrame) -> Quality:
    """Quality of the model on days that it has not learnt from."""
    return _quality(held_out, model.score(held_out))


def _quality(posts: pl.DataFrame, scores: Numbers) -> Quality:
    days = by_day(posts, scores)
    return Quality(
        float(np.mean([ndcg(*day) for day in days])),
        float(np.mean([spearman(*day) for day in days])),
    )


def _floor(held_out: pl.DataFrame, expected: Numbers) -> float:
    """Below which score to tie: none, unless that agrees clearly better with what came later."""
    untied = _agreement(held_out, expected)
    thresholds = [float(t) for t in np.quantile(expected, TIED_SHARES)]
    tied = [_agreement(held_out, np.where(expected < t, 0.0, expected)) for t in thresholds]
    best = int(np.argmax(tied))
    return thresholds[best] if tied[best] >= untied + LEAST_GAIN_OF_TIES else 0.0


def _agreement(posts: pl.DataFrame, scores: Numbers) -> float:
    return _quality(posts, scores).total


def _interval(scores: Numbers, targets: Numbers) -> list[IntervalStep]:
    begins = np.unique(np.quantile(scores, STEPS))
    place = np.searchsorted(begins, scores, side="right") - 1
    steps: list[IntervalStep] = []
    tail = (1 - COVERAGE) / 2
    for number, begin in enumerate(begins):
        within = targets[place == number]
        if within.size >= LEAST_POSTS_OF_STEP or not steps:
            lower, upper = np.quantile(within, [tail, 1 - tail]) if within.size else (0.0, 0.0)
            steps.append(IntervalStep(float(begin), float(lower), float(upper)))
    return steps
