"""LightGBM at arm's length: frames and text in, numbers and text out, the same for a seed."""

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from assets.ranking.openmp import provide_openmp

if TYPE_CHECKING:
    import lightgbm

ROUNDS = 120
# Threads that predict: rows do not wait for each other, as histograms do.
ALL = 0
PARAMETERS: dict[str, Any] = {
    # Mostly nothing, seldom much: a compound Poisson, with a logarithmic link.
    "objective": "tweedie",
    "tweedie_variance_power": 1.5,
    "learning_rate": 0.06,
    "num_leaves": 31,
    "min_data_in_leaf": 50,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    # The boundaries of the bins must not depend on how the rows are ordered or counted.
    "bin_construct_sample_cnt": 1_000_000,
    "deterministic": True,
    "force_row_wise": True,
    # Two threads on two busy cores wait for each other far longer than they save.
    "num_threads": 1,
    "verbosity": -1,
}


def fit_booster(
    features: pl.DataFrame,
    targets: np.ndarray,
    offset: np.ndarray,
    *,
    rising: list[str],
    seed: int,
) -> str:
    """Learn what to add to the offset (a logarithm); `rising` features never lower it."""
    lightgbm = _lightgbm()
    data = lightgbm.Dataset(_matrix(features), targets, init_score=offset)
    monotone = [int(name in rising) for name in features.columns]
    parameters = {**PARAMETERS, "seed": seed, "monotone_constraints": monotone}
    return str(lightgbm.train(parameters, data, num_boost_round=ROUNDS).model_to_string())


def predict_with(booster: str, features: pl.DataFrame) -> np.ndarray:
    """What the booster adds to the offset, per row."""
    if features.is_empty():
        return np.zeros(0)
    learned: Any = _load(booster).predict(_matrix(features), raw_score=True, num_threads=ALL)
    return np.asarray(learned)


def contributions_of(booster: str, features: pl.DataFrame) -> np.ndarray:
    """Shapley values per row and feature; the last is the constant; summing to `predict_with`."""
    if features.is_empty():
        return np.zeros((0, features.width + 1))
    parts: Any = _load(booster).predict(_matrix(features), pred_contrib=True, num_threads=ALL)
    return np.asarray(parts)


def _matrix(features: pl.DataFrame) -> np.ndarray:
    """Floats, in the order of the columns; unknown becomes NaN."""
    return features.cast(pl.Float64).fill_null(float("nan")).to_numpy(order="c")


@lru_cache(maxsize=8)
def _load(booster: str) -> "lightgbm.Booster":
    loaded: lightgbm.Booster = _lightgbm().Booster(model_str=booster)
    return loaded


def _lightgbm() -> ModuleType:
    """Loaded when first needed: it costs a second, and a runtime that has to be there before it."""
    provide_openmp()
    return import_module("lightgbm")
