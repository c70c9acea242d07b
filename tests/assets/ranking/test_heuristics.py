import math
from typing import Any

import polars as pl
import pytest

from assets.ranking.heuristics import HEURISTICS

EXPRESSIONS = {heuristic.name: heuristic.expression for heuristic in HEURISTICS}
HOUR = 3_600
# Sixteen LIKEs, two hours old.
POST = {
    "weighted": 16.0,
    "age_s": 2.0 * HOUR,
    "last_hours": 5.0,
    "last_day": 11.0,
    "decayed": 12.5,
}
# The numbers of POST, written out.
EXPECTED = {
    "Hacker News": 9.18958683997628 / 12.125732532083184,  # 16^0.8 / 4^1.8
    "Reddit hot": 1.2041199826559248 - 7_200 / 45_000,  # log10(16) - 0.16
    "Mastodon trends": 4.0,  # 16 / 2 / 2
    "Lemmy active": 12_787.536009528289 / 12.125732532083184,  # 10,000 log10(19) / 4^1.8
    "newest first": -7_200.0,
    "decayed count": 12.5,
    "last 6 hours": 5.0,
    "last 24 hours": 11.0,
    "total weight": 16.0,
}


def value(name: str, **changes: Any) -> float:
    row = pl.DataFrame([POST | changes])
    return float(row.select(EXPRESSIONS[name]).item())


def test_every_heuristic_has_its_numbers_written_out() -> None:
    assert list(EXPRESSIONS) == list(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_heuristic_is_what_its_formula_says(name: str) -> None:
    assert value(name) == pytest.approx(EXPECTED[name])


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("weight", [-50.0, 0.0, 1e12])
@pytest.mark.parametrize("age_s", [1e-6, 7 * 24.0 * HOUR])
def test_a_heuristic_gives_every_post_a_place(name: str, weight: float, age_s: float) -> None:
    assert math.isfinite(value(name, weighted=weight, age_s=age_s))


def test_reddit_puts_taken_back_likes_below_none_and_counts_one_like_as_none() -> None:
    assert value("Reddit hot", weighted=-100.0, age_s=0.0) == -2
    assert value("Reddit hot", weighted=0.0, age_s=0.0) == 0
    assert value("Reddit hot", weighted=1.0, age_s=0.0) == 0


def test_ten_times_the_weight_is_worth_twelve_and_a_half_hours_on_reddit() -> None:
    old = value("Reddit hot", weighted=100.0, age_s=12.5 * HOUR)

    assert old == pytest.approx(value("Reddit hot", weighted=10.0, age_s=0.0))


@pytest.mark.parametrize("name", ["Hacker News", "Mastodon trends"])
def test_taken_back_likes_are_no_likes_where_a_power_needs_it(name: str) -> None:
    assert value(name, weighted=-3.0) == value(name, weighted=0.0) == 0


def test_every_heuristic_states_its_formula() -> None:
    assert all(heuristic.formula for heuristic in HEURISTICS)
    assert len({heuristic.formula for heuristic in HEURISTICS}) == len(HEURISTICS)
