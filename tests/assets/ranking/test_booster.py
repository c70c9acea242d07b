import numpy as np
import polars as pl
import pytest

from assets.ranking.booster import contributions_of, fit_booster, predict_with
from assets.ranking.features import FEATURES
from assets.ranking.score_model import log_prior
from tests.fixtures.planted import planted_examples

EXAMPLES = planted_examples(1, days=8)


def fit(examples: pl.DataFrame, *, seed: int = 7) -> str:
    targets = examples["target"].to_numpy()
    return fit_booster(
        examples.select(FEATURES), targets, log_prior(examples), rising=["prior"], seed=seed
    )


@pytest.fixture(scope="module")
def booster() -> str:
    return fit(EXAMPLES)


@pytest.fixture
def posts() -> pl.DataFrame:
    """Posts that the booster has not seen."""
    return planted_examples(2, days=2).select(FEATURES)


def test_the_same_rows_and_seed_give_the_same_text(booster: str) -> None:
    assert fit(EXAMPLES.clone()) == booster


def test_another_seed_draws_other_rows(booster: str) -> None:
    assert fit(EXAMPLES, seed=8) != booster


def test_contributions_sum_to_the_prediction(booster: str, posts: pl.DataFrame) -> None:
    parts = contributions_of(booster, posts)

    assert parts.shape == (posts.height, len(FEATURES) + 1)
    assert parts.sum(axis=1) == pytest.approx(predict_with(booster, posts), abs=1e-9)
    assert np.abs(parts[:, :-1]).max() > 0.1


def test_a_higher_prior_never_lowers_the_prediction(booster: str, posts: pl.DataFrame) -> None:
    steps = np.exp(np.linspace(-4, 4, 40))
    curves = [
        predict_with(booster, posts.with_columns(prior=pl.lit(float(step)))) for step in steps
    ]

    rises = np.diff(np.array(curves), axis=0)

    assert (rises >= 0).all()


def test_the_constraint_is_what_holds_the_prior(posts: pl.DataFrame) -> None:
    """Where a higher prior means less, nothing else keeps the prediction from falling."""
    misled = EXAMPLES.with_columns(target=pl.col("target") / pl.col("prior") ** 2)
    targets, offset = misled["target"].to_numpy(), log_prior(misled)
    features = misled.select(FEATURES)
    free = fit_booster(features, targets, offset, rising=[], seed=7)
    held = fit_booster(features, targets, offset, rising=["prior"], seed=7)

    def change(booster: str) -> float:
        low, high = (
            predict_with(booster, posts.with_columns(prior=pl.lit(value))) for value in (0.2, 5.0)
        )
        return float((high - low).min())

    assert change(free) < -1
    assert change(held) >= 0


def test_what_is_unknown_is_predicted_all_the_same(booster: str, posts: pl.DataFrame) -> None:
    unknown = posts.with_columns(pl.lit(None, pl.Float64).alias(name) for name in FEATURES)

    predicted = predict_with(booster, unknown)

    assert np.isfinite(predicted).all()
    assert len(set(predicted.tolist())) == 1
    assert contributions_of(booster, unknown).sum(axis=1) == pytest.approx(predicted, abs=1e-9)


def test_unknown_is_not_zero() -> None:
    """Half of the posts have an unknown that means much; a zero would mean nothing."""
    told = EXAMPLES.with_columns(
        velocity=pl.when(pl.int_range(pl.len()) % 2 == 0).then(None).otherwise(pl.lit(0.0))
    ).with_columns(target=pl.when(pl.col("velocity").is_null()).then(9.0).otherwise(0.5))
    booster = fit(told)

    missing, zero = (
        predict_with(booster, EXAMPLES.select(FEATURES).with_columns(velocity=value)).mean()
        for value in (pl.lit(None, pl.Float64), pl.lit(0.0))
    )

    assert missing > zero + 1


def test_of_no_posts_nothing_is_predicted(booster: str, posts: pl.DataFrame) -> None:
    nobody = posts.clear()

    assert predict_with(booster, nobody).shape == (0,)
    assert contributions_of(booster, nobody).shape == (0, len(FEATURES) + 1)
