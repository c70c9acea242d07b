import json
from dataclasses import asdict, replace

import numpy as np
import polars as pl
import pytest

from assets.ranking.booster import fit_booster
from assets.ranking.features import FEATURES
from assets.ranking.score_model import (
    LEAST_PRIOR,
    MAX_HUNDREDTHS,
    PRIOR,
    RECIPE,
    IntervalStep,
    ScoreModel,
    log_prior,
)
from tests.fixtures.planted import planted_examples

STEPS = [IntervalStep(0.0, 0.0, 1.0), IntervalStep(2.0, 0.5, 4.0), IntervalStep(5.0, 3.0, 9.0)]


@pytest.fixture(scope="module")
def posts() -> pl.DataFrame:
    return planted_examples(1, days=8)


@pytest.fixture(scope="module")
def learned(posts: pl.DataFrame) -> ScoreModel:
    boosters = [
        fit_booster(
            posts.select(FEATURES),
            posts["target"].to_numpy(),
            log_prior(posts),
            rising=["prior"],
            seed=seed,
        )
        for seed in (1, 2)
    ]
    return ScoreModel("2024-03-01-00000000", boosters, confidence=0.7, scale=1.3, interval=STEPS)


def test_the_prior_expects_the_prior(posts: pl.DataFrame) -> None:
    assert PRIOR.expect(posts).tolist() == posts["prior"].to_list()
    assert replace(PRIOR, scale=2.0).expect(posts).tolist() == (posts["prior"] * 2).to_list()
    assert PRIOR.model_id == "prior"
    assert PRIOR.bounds(np.array([1, 2])) is None


def test_a_learned_model_multiplies_the_prior(posts: pl.DataFrame, learned: ScoreModel) -> None:
    correction = learned.learned_parts(posts).sum(axis=1)

    expected = learned.expect(posts)

    assert expected == pytest.approx(
        np.maximum(posts["prior"], LEAST_PRIOR) * np.exp(correction) * 1.3
    )
    assert correction.std() > 0.1


def test_no_confidence_is_the_prior(posts: pl.DataFrame, learned: ScoreModel) -> None:
    timid = replace(learned, confidence=0.0, scale=1.0)

    assert timid.expect(posts) == pytest.approx(np.maximum(posts["prior"], LEAST_PRIOR))


def test_boosters_are_averaged(posts: pl.DataFrame, learned: ScoreModel) -> None:
    one, other = (
        np.log(replace(learned, boosters=[trees]).expect(posts)) for trees in learned.boosters
    )

    assert np.log(learned.expect(posts)) == pytest.approx((one + other) / 2)


def test_what_is_written_is_read_back_to_the_last_bit(
    posts: pl.DataFrame, learned: ScoreModel
) -> None:
    text = learned.to_json()
    again = ScoreModel.from_json(text)

    assert again == learned
    assert again.to_json() == text
    assert again.expect(posts).tolist() == learned.expect(posts).tolist()
    assert json.loads(text) == asdict(learned)


def test_a_model_is_of_today_by_its_recipe_and_its_features(learned: ScoreModel) -> None:
    assert learned.is_current
    assert not replace(learned, recipe=RECIPE - 1).is_current
    assert not replace(learned, features=FEATURES[:-1]).is_current


def test_a_model_that_was_kept_without_its_recipe_is_read_back_as_one_of_another(
    posts: pl.DataFrame, learned: ScoreModel
) -> None:
    facts = json.loads(learned.to_json())
    del facts["recipe"]

    kept = ScoreModel.from_json(json.dumps(facts))

    assert not kept.is_current
    assert kept.expect(posts).tolist() == learned.expect(posts).tolist()


@pytest.mark.parametrize(
    ("expected", "hundredths"),
    [
        (0.0, 0),
        (0.0049, 0),
        (0.005, 1),
        (1.125, 113),
        (2.0, 200),
        (99_999_999.99, MAX_HUNDREDTHS),
        (1e300, MAX_HUNDREDTHS),
        (float("inf"), MAX_HUNDREDTHS),
        (-1.0, 0),
    ],
)
def test_scores_are_rounded_half_up_within_their_column(expected: float, hundredths: int) -> None:
    assert PRIOR.score(posts_worth(expected)).tolist() == [hundredths]


def posts_worth(*likes: float, events_of_day: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"prior": likes}).with_columns(events_last_24h=events_of_day)


@pytest.mark.parametrize("events_of_day", [0, 3])
def test_scores_below_the_floor_tie(events_of_day: int) -> None:
    model = replace(PRIOR, floor=1.0, floor_score=0.25)
    posts = posts_worth(0.0, 0.99, 1.0, 2.0, events_of_day=events_of_day)

    assert model.score(posts).tolist() == [25, 25, 100, 200]


def test_where_idle_posts_tie_none_that_got_something_comes_below_them() -> None:
    model = replace(PRIOR, floor=1.0, floor_score=0.25, ties_idle=True)
    likes = (0.0, 0.2, 0.3, 0.99, 1.0)

    assert model.score(posts_worth(*likes)).tolist() == [25, 25, 25, 25, 100]
    assert model.score(posts_worth(*likes, events_of_day=1)).tolist() == [25, 25, 30, 99, 100]


def test_a_model_that_was_kept_before_idle_posts_could_tie_ties_all(learned: ScoreModel) -> None:
    facts = json.loads(replace(learned, floor=1.0, floor_score=0.25).to_json())
    del facts["ties_idle"]

    assert not ScoreModel.from_json(json.dumps(facts)).ties_idle


def test_intervals_are_looked_up_by_score_and_hold_it(learned: ScoreModel) -> None:
    scores = np.array([0, 150, 199, 200, 450, 500, 10_000])

    bounds = learned.bounds(scores)

    assert bounds
    lower, upper = bounds
    assert lower.tolist() == [0, 0, 0, 50, 50, 300, 300]
    assert upper.tolist() == [100, 150, 199, 400, 450, 900, 10_000]


def test_a_score_below_all_steps_has_the_first_interval() -> None:
    model = replace(PRIOR, interval=STEPS[1:])

    assert [bound.tolist() for bound in model.bounds(np.array([10])) or ()] == [[10], [400]]


def test_intervals_stay_within_what_their_column_holds() -> None:
    model = replace(PRIOR, interval=[IntervalStep(0.0, 1.0, 5e9)])

    assert [bound.tolist() for bound in model.bounds(np.array([200])) or ()] == [
        [100],
        [MAX_HUNDREDTHS],
    ]


def test_an_interval_is_rounded_away_from_its_score() -> None:
    model = replace(PRIOR, interval=[IntervalStep(0.0, 0.333, 2.001)])

    assert [bound.tolist() for bound in model.bounds(np.array([100])) or ()] == [[33], [201]]


def test_the_logarithm_of_next_to_nothing_is_that_of_a_hundredth() -> None:
    frame = pl.DataFrame({"prior": [0.0, 1e-9, LEAST_PRIOR, 1.0]})

    assert log_prior(frame).tolist() == [*[pytest.approx(np.log(0.01))] * 3, 0]


def test_an_interval_of_factors_widens_with_the_score() -> None:
    steps = [IntervalStep(0, 0, 0.5), IntervalStep(2, 0.25, 3, is_relative=True)]
    model = replace(PRIOR, interval=steps)

    bounds = model.bounds(np.array([100, 200, 900_000, MAX_HUNDREDTHS]))

    assert bounds is not None
    lower, upper = (bound.tolist() for bound in bounds)
    assert lower == [0, 50, 225_000, MAX_HUNDREDTHS // 4]
    assert upper == [100, 600, 2_700_000, MAX_HUNDREDTHS]
    assert ScoreModel.from_json(model.to_json()) == model


def test_below_a_like_factors_are_amounts_of_that_where_no_lower_score_was_held_out() -> None:
    model = replace(PRIOR, interval=[IntervalStep(1, 0.25, 3, is_relative=True)])

    bounds = model.bounds(np.array([0, 50, 100]))

    assert [bound.tolist() for bound in bounds or ()] == [[0, 25, 25], [300, 300, 300]]
