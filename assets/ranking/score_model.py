"""A learned correction of the prior, with what it takes to turn it into scores."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ranking.booster import contributions_of, predict_with
from assets.ranking.features import FEATURES
from schema.tables.post_scores import MAX_SCORE, PRIOR_ID

Numbers: TypeAlias = npt.NDArray[Any]
# Raised when features, prior or training change what a model would be.
RECIPE = 3
# Of models that were kept before they told theirs.
UNKNOWN_RECIPE = 0
MAX_HUNDREDTHS = int(MAX_SCORE * 100)
# Below a hundredth of a LIKE the logarithm of the prior tells noise.
LEAST_PRIOR = 0.01
# From this many LIKEs on a target is told as a factor of its score.
LEAST_RELATIVE_SCORE = 1.0


@dataclass(frozen=True, slots=True)
class IntervalStep:
    """From this score on, 80 % of the targets of held-out days lay within these amounts.

    `is_relative`: within these factors of the score, which hold for higher scores than any seen.
    """

    from_score: float
    lower: float
    upper: float
    is_relative: bool = False


@dataclass(frozen=True, slots=True)
class ScoreModel:
    """The prior, times what trees have learned, calibrated; without trees, the prior.

    `confidence` (0 to 1) grows with the engagement learned from. Scores below `floor` tie at
    `floor_score`: held-out days gave no ground to tell such posts apart. With `ties_idle`, only
    those of posts that got nothing on the day.
    """

    model_id: str = PRIOR_ID
    boosters: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=lambda: list(FEATURES))
    recipe: int = RECIPE
    confidence: float = 0.0
    scale: float = 1.0
    floor: float = 0.0
    floor_score: float = 0.0
    ties_idle: bool = False
    interval: list[IntervalStep] = field(default_factory=list)

    @property
    def is_current(self) -> bool:
        """Whether what is learned today can be compared and mixed with it."""
        return self.recipe == RECIPE and self.features == FEATURES

    def expect(self, posts: pl.DataFrame) -> Numbers:
        """Expected LIKEs per post, before ties and rounding."""
        prior = posts["prior"].to_numpy()
        if not self.boosters:
            return prior * self.scale
        features = posts.select(self.features)
        learned = np.mean([predict_with(trees, features) for trees in self.boosters], axis=0)
        expected: Numbers = np.exp(log_prior(posts) + self.confidence * learned) * self.scale
        return expected

    def score(self, posts: pl.DataFrame) -> Numbers:
        """Scores in hundredths of a LIKE, rounded half up to what the column holds."""
        tied = self.tie(self.expect(posts), is_idle(posts))
        hundredths: Numbers = np.floor(np.clip(tied * 100, 0, MAX_HUNDREDTHS) + 0.5)
        return hundredths.astype(np.int64)

    def tie(self, expected: Numbers, idle: Numbers) -> Numbers:
        """Tie what cannot be told apart; no other post comes below."""
        below = (expected < self.floor) & (idle | (not self.ties_idle))
        tied: Numbers = np.where(below, self.floor_score, np.maximum(expected, self.floor_score))
        return tied

    def learned_parts(self, posts: pl.DataFrame) -> Numbers:
        """Per post and feature its part in the logarithm of the correction; last, the constant."""
        features = posts.select(self.features)
        parts = [contributions_of(trees, features) for trees in self.boosters]
        mean: Numbers = np.mean(parts, axis=0)
        return mean * self.confidence

    def bounds(self, scores: Numbers) -> tuple[Numbers, Numbers] | None:
        """Interval of each score in hundredths, or none where nothing was held out."""
        if not self.interval:
            return None
        begins = np.array([step.from_score for step in self.interval])
        place = np.clip(np.searchsorted(begins, scores / 100, side="right") - 1, 0, None)
        is_relative = np.array([step.is_relative for step in self.interval])[place]
        # Where no post was held out below 1 LIKE, lower scores have the amounts of that.
        unit = np.where(is_relative, np.maximum(scores, LEAST_RELATIVE_SCORE * 100), 100)
        lower = np.array([step.lower for step in self.interval])[place] * unit
        upper = np.array([step.upper for step in self.interval])[place] * unit
        lower, upper = (np.clip(bound, 0, MAX_HUNDREDTHS) for bound in (lower, upper))
        return (
            np.minimum(np.floor(lower).astype(np.int64), scores),
            np.maximum(np.ceil(upper).astype(np.int64), scores),
        )

    def to_json(self) -> str:
        """Everything, as text."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "ScoreModel":
        """Read what `to_json` wrote."""
        facts = {"recipe": UNKNOWN_RECIPE, **json.loads(text)}
        return cls(**{**facts, "interval": [IntervalStep(**step) for step in facts["interval"]]})


PRIOR = ScoreModel()


def log_prior(posts: pl.DataFrame) -> Numbers:
    """Logarithm of the prior, from a hundredth of a LIKE on."""
    logarithms: Numbers = np.log(np.maximum(posts["prior"].to_numpy(), LEAST_PRIOR))
    return logarithms


def is_idle(posts: pl.DataFrame) -> Numbers:
    """Whether a post got nothing on its day."""
    idle: Numbers = posts["events_last_24h"].eq_missing(0).to_numpy()
    return idle
