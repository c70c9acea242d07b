from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from assets.ranking.calibration import calibrate
from assets.ranking.promotion import Choice, choose_model
from assets.ranking.rank_measures import tweedie_deviance
from assets.ranking.rank_quality import quality_of
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.ranking.training import Split, calibrated_prior, split_examples
from schema.tables.columns import polars_schema
from schema.tables.engagement_models import EngagementModels, Verdict
from schema.validation import validate
from tests.fixtures.planted import FIRST_DAY, SIGNAL, planted_examples, shuffled

TODAY = date(2024, 1, 17)
MONDAY = date(2024, 1, 22)
MEASURES = ["ndcg", "spearman", "deviance"]


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    return planted_examples(1)


@pytest.fixture(scope="module")
def first(examples: pl.DataFrame) -> Choice:
    return choose_model(PRIOR, examples, day=TODAY)


def misled(examples: pl.DataFrame) -> pl.DataFrame:
    """The days to learn from tell the opposite of the days held out."""
    is_late = pl.col("date") >= FIRST_DAY + timedelta(days=12)
    mirrored = pl.when(is_late).then(pl.col(SIGNAL)).otherwise(-pl.col(SIGNAL))
    return examples.with_columns(mirrored.alias(SIGNAL))


def row(choice: Choice) -> dict[str, object]:
    """The row that a choice becomes."""
    return {
        "date": TODAY,
        "model_id": choice.model.model_id,
        "decided_on": TODAY,
        "verdict": choice.verdict.value,
        "model": choice.model.to_json(),
        **choice.evidence,
    }


def test_a_challenger_that_is_better_than_the_prior_is_promoted(first: Choice) -> None:
    facts = first.evidence

    assert first.verdict == Verdict.PROMOTED
    assert first.model.boosters
    assert first.model.model_id == facts["challenger_id"]
    assert facts["challenger_ndcg"] > facts["prior_ndcg"]
    assert facts["challenger_spearman"] > facts["prior_spearman"]
    assert facts["challenger_deviance"] < facts["prior_deviance"]


def test_without_a_champion_the_prior_stands_in_its_place(first: Choice) -> None:
    for measure in MEASURES:
        assert first.evidence[f"champion_{measure}"] == first.evidence[f"prior_{measure}"]


def test_a_challenger_that_is_worse_than_the_prior_is_refused(examples: pl.DataFrame) -> None:
    choice = choose_model(PRIOR, misled(examples), day=TODAY)

    assert choice.verdict == Verdict.KEPT
    assert choice.model == calibrated_prior(misled(examples))
    assert choice.evidence["challenger_id"].startswith("2024-01-17-")


def begun_late(examples: pl.DataFrame, *, share: float) -> pl.DataFrame:
    """So small a share of the posts had got anything before the days held out."""
    had_begun = pl.col("date") >= FIRST_DAY + timedelta(days=12)
    is_drawn = pl.Series(np.random.default_rng(3).random(examples.height) < share)
    return examples.with_columns(target=pl.when(had_begun | is_drawn).then("target").otherwise(0))


def test_a_first_challenger_whose_amounts_are_far_off_is_refused_however_well_it_orders() -> None:
    examples = begun_late(planted_examples(1, posts=600, strength=1.5), share=0.05)

    choice = choose_model(PRIOR, examples, day=TODAY)

    facts = choice.evidence
    assert choice.verdict == Verdict.KEPT
    assert choice.model == calibrated_prior(examples)
    assert facts["challenger_ndcg"] > facts["prior_ndcg"]
    assert facts["challenger_spearman"] > facts["prior_spearman"]
    assert facts["challenger_deviance"] > 2 * facts["prior_deviance"]


def test_a_first_challenger_that_orders_better_may_be_further_off_than_the_prior() -> None:
    examples = begun_late(planted_examples(1, posts=600, strength=1.5), share=0.15)

    choice = choose_model(PRIOR, examples, day=TODAY)

    off, prior = choice.evidence["challenger_deviance"], choice.evidence["prior_deviance"]
    assert prior < off < 2 * prior
    assert choice.verdict == Verdict.PROMOTED


def test_a_challenger_that_is_worse_than_the_champion_is_refused(
    first: Choice, examples: pl.DataFrame
) -> None:
    later = planted_examples(2)

    choice = choose_model(first.model, misled(later), day=MONDAY)

    assert choice.verdict == Verdict.KEPT
    assert choice.model.model_id == first.model.model_id
    assert choice.model.boosters == first.model.boosters
    assert choice.evidence["champion_deviance"] < choice.evidence["challenger_deviance"]


def test_a_champion_that_stays_is_calibrated_to_the_newest_days(first: Choice) -> None:
    halved = misled(planted_examples(2)).with_columns(pl.col("target") / 2)

    kept = choose_model(first.model, halved, day=MONDAY)

    parts = split_examples(halved)
    assert parts
    assert kept.verdict == Verdict.KEPT
    assert kept.model == calibrate(first.model, parts.held_out)
    assert kept.model.scale == pytest.approx(first.model.scale / 2, rel=0.2)


def test_a_better_challenger_follows_a_champion(first: Choice) -> None:
    more = planted_examples(3, days=24)

    choice = choose_model(first.model, more, day=MONDAY)

    assert choice.verdict == Verdict.PROMOTED
    assert choice.model.model_id.startswith("2024-01-22-")
    assert choice.model.boosters[1:] == first.model.boosters
    assert choice.evidence["challenger_deviance"] < choice.evidence["champion_deviance"]


def test_a_champion_of_another_recipe_counts_as_none(first: Choice, examples: pl.DataFrame) -> None:
    choice = choose_model(replace(first.model, recipe=1), examples, day=TODAY)

    assert choice == first


def test_a_champion_that_is_worse_than_the_prior_is_withdrawn(first: Choice) -> None:
    """What was learned has turned into its opposite, and nothing can be learned from chance."""
    turned = planted_examples(4).with_columns(-pl.col(SIGNAL))
    chance = turned.with_columns(
        pl.when(pl.col("date") >= FIRST_DAY + timedelta(days=12))
        .then(pl.col("target"))
        .otherwise(pl.col("target").shuffle(seed=5))
    )

    choice = choose_model(first.model, chance, day=MONDAY)

    assert choice.verdict == Verdict.WITHDRAWN
    assert choice.model == calibrated_prior(chance)
    assert choice.model.boosters == []
    assert choice.model.model_id == "prior"


def test_of_too_little_the_prior_is_calibrated_and_there_is_no_evidence() -> None:
    few = planted_examples(1, posts=8, days=9)

    choice = choose_model(PRIOR, few, day=TODAY)

    assert choice == Choice(calibrated_prior(few), Verdict.TOO_LITTLE, {})
    assert choice.model.scale != 1


def test_a_champion_does_not_outlive_what_there_is_to_learn_from(first: Choice) -> None:
    choice = choose_model(first.model, planted_examples(1, days=2), day=MONDAY)

    assert choice == Choice(PRIOR, Verdict.TOO_LITTLE, {})


def test_the_evidence_is_measured_on_the_held_out_days(
    first: Choice, examples: pl.DataFrame
) -> None:
    """Measured again, from the rows themselves."""
    is_late = pl.col("date") >= FIRST_DAY + timedelta(days=12)
    early, late = examples.filter(~is_late), examples.filter(is_late)
    contest = {"challenger": first.model, "prior": calibrated_prior(examples)}

    facts = first.evidence

    assert facts["examples"] == early.height
    assert facts["positives"] == early.filter(pl.col("target") > 0).height
    assert facts["learned_from"] == FIRST_DAY
    assert facts["held_out_from"] == FIRST_DAY + timedelta(days=12)
    assert facts["held_out_to"] == FIRST_DAY + timedelta(days=15)
    assert facts["code_version"].endswith(", recipe 3")
    for name, model in contest.items():
        quality = quality_of(late, model.score(late))
        deviance = tweedie_deviance(late["target"].to_numpy(), model.expect(late))
        told = [facts[f"{name}_{measure}"] for measure in MEASURES]
        assert told == pytest.approx([quality.ndcg, quality.spearman, deviance])


def test_a_choice_fits_its_contract(first: Choice) -> None:
    few = choose_model(PRIOR, planted_examples(1, days=3), day=TODAY)

    for choice in (first, few):
        frame = pl.DataFrame([row(choice)], schema=polars_schema(EngagementModels))
        validate(frame, EngagementModels, partition="engagement_models of 2024-01-17")
    assert set(first.evidence) == set(EngagementModels.to_schema().columns) - {
        *("date", "model_id", "decided_on", "verdict", "model")
    }


def test_the_order_of_the_examples_decides_nothing(first: Choice, examples: pl.DataFrame) -> None:
    again = choose_model(PRIOR, shuffled(examples), day=TODAY)

    assert again.model == first.model
    assert again.evidence == first.evidence


def test_a_tie_with_the_prior_promotes_nobody(
    examples: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learn_nothing(_parts: object, _champion: ScoreModel, *, trained_on: date) -> ScoreModel:
        return replace(calibrated_prior(examples), model_id=f"{trained_on}-00000000")

    monkeypatch.setattr("assets.ranking.promotion.train_challenger", learn_nothing)

    choice = choose_model(PRIOR, examples, day=TODAY)

    assert choice.verdict == Verdict.KEPT
    assert np.isfinite(choice.evidence["challenger_deviance"])


def test_a_tie_with_the_champion_promotes_nobody(
    first: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learn_the_same(parts: Split, champion: ScoreModel, *, trained_on: date) -> ScoreModel:
        return replace(calibrate(champion, parts.held_out), model_id=f"{trained_on}-00000000")

    monkeypatch.setattr("assets.ranking.promotion.train_challenger", learn_the_same)

    choice = choose_model(first.model, planted_examples(2), day=MONDAY)

    assert choice.evidence["challenger_deviance"] == choice.evidence["champion_deviance"]
    assert choice.evidence["challenger_spearman"] > choice.evidence["prior_spearman"]
    assert choice.verdict == Verdict.KEPT
    assert choice.model.model_id == first.model.model_id


def test_a_champion_that_orders_no_better_than_the_prior_is_withdrawn(
    first: Choice, examples: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = split_examples(examples)
    assert parts
    doubtful = replace(first.model, confidence=0.0)
    same = replace(calibrate(doubtful, parts.held_out), model_id=PRIOR.model_id)
    learned = replace(same, model_id=f"{MONDAY}-00000000")
    monkeypatch.setattr("assets.ranking.promotion.calibrated_prior", lambda _examples: same)
    monkeypatch.setattr("assets.ranking.promotion.train_challenger", lambda *_, **__: learned)

    choice = choose_model(doubtful, examples, day=MONDAY)

    assert choice.evidence["champion_spearman"] == choice.evidence["prior_spearman"]
    assert choice.verdict == Verdict.WITHDRAWN
    assert choice.model == same
