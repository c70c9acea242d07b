"""Which model scores from a day on: a challenger has to be better on days it has not seen."""

from dataclasses import asdict, dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import polars as pl

from assets.ranking.calibration import calibrate
from assets.ranking.rank_measures import tweedie_deviance
from assets.ranking.rank_quality import Quality, quality_of
from assets.ranking.score_model import PRIOR, RECIPE, ScoreModel
from assets.ranking.training import Split, calibrated_prior, split_examples, train_challenger
from schema.tables.engagement_models import Verdict
from schema.tables.post_scores import PRIOR_ID

# Of a first model, times the prior's: more had those of platforms that had just begun.
MOST_DEVIANCE = 2


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model and how it did on the held-out days."""

    model: ScoreModel
    quality: Quality
    deviance: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The model in force from a day on, and the evidence for it, as columns of its table."""

    model: ScoreModel
    verdict: Verdict
    evidence: dict[str, Any]


def choose_model(champion: ScoreModel, examples: pl.DataFrame, *, day: date) -> Choice:
    """Train a challenger from examples whose targets ended with the day, and let the best win.

    A champion of another recipe takes no part: its trees mean something else.
    """
    champion = champion if champion.is_current else PRIOR
    prior = calibrated_prior(examples)
    parts = split_examples(examples)
    if parts is None:
        return Choice(prior, Verdict.TOO_LITTLE, {})
    challenger = train_challenger(parts, champion, trained_on=day)
    reigning = calibrate(champion, parts.held_out) if champion.boosters else prior
    contest = [_judge(model, parts) for model in (challenger, reigning, prior)]
    verdict = _decide(*contest)
    winner = {Verdict.PROMOTED: challenger, Verdict.KEPT: reigning}.get(verdict, prior)
    return Choice(winner, verdict, _evidence(contest, parts))


def _decide(challenger: Contestant, champion: Contestant, prior: Contestant) -> Verdict:
    """Expect better than the champion, and order better than the prior."""
    is_learned = champion.model.model_id != PRIOR_ID
    # The prior is calibrated on the days that judge: to expect as well is not asked of a first one.
    most_deviance = champion.deviance if is_learned else MOST_DEVIANCE * prior.deviance
    orders_better = challenger.quality.agreement > prior.quality.agreement
    if orders_better and challenger.deviance < most_deviance:
        return Verdict.PROMOTED
    if is_learned and champion.quality.agreement <= prior.quality.agreement:
        return Verdict.WITHDRAWN
    return Verdict.KEPT


def _judge(model: ScoreModel, parts: Split) -> Contestant:
    posts = parts.held_out
    quality = quality_of(posts, model.score(posts))
    return Contestant(
        model, quality, tweedie_deviance(posts["target"].to_numpy(), model.expect(posts))
    )


def _evidence(contest: list[Contestant], parts: Split) -> dict[str, Any]:
    measures = {
        f"{role}_{measure}": value
        for role, contestant in zip(("challenger", "champion", "prior"), contest, strict=True)
        for measure, value in _measures(contestant).items()
    }
    return measures | {
        "challenger_id": contest[0].model.model_id,
        "examples": parts.learned.height,
        "positives": parts.positives,
        "learned_from": parts.learned["date"].min(),
        "held_out_from": parts.held_out["date"].min(),
        "held_out_to": parts.held_out["date"].max(),
        "code_version": f"{version('sociallive-analytics')}, recipe {RECIPE}",
    }


def _measures(contestant: Contestant) -> dict[str, float]:
    return {**asdict(contestant.quality), "deviance": contestant.deviance}
