from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TypeAlias

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.ranking.candidates import LOOKBACK_DAYS
from assets.ranking.features import build_features, build_idle_features
from assets.ranking.post_scores import in_likes, score_posts
from assets.ranking.score_model import PRIOR, IntervalStep, ScoreModel
from schema.tables.columns import polars_schema
from schema.tables.post_scores import MAX_SCORE, PostScores
from schema.validation import validate
from schema.windows import DayRange
from tests.fixtures.random_ranking import PLATFORMS, random_ranking
from tests.fixtures.ranking_frames import (
    ANN,
    TODAY,
    D,
    Event,
    Post,
    candidates_of,
    post_id,
    ranking_frames,
)

Frame: TypeAlias = pl.DataFrame
Score: TypeAlias = Callable[..., Frame]

EVE = D - timedelta(days=1)
DAYS = DayRange(D - timedelta(days=4), D)
SEEN = DAYS.preceded_by(LOOKBACK_DAYS)
STEPS = [IntervalStep(0.0, 0.0, 0.504), IntervalStep(2.0, 1.006, 9.0)]
CALIBRATED = ScoreModel("calibrated", scale=6.8, floor=0.6, floor_score=0.25, interval=STEPS)
HUNDREDTH = Decimal("0.01")


def hundredths(number: float, rounding: str = ROUND_HALF_UP) -> Decimal:
    return min(max(Decimal(number), Decimal(0)), MAX_SCORE).quantize(HUNDREDTH, rounding)


def test_a_score_is_the_prior_rounded_half_up_to_hundredths(score: Score) -> None:
    """At noon's age 21/25 of a life are lived, and 24 hours more bring it to 117/121."""
    events = [Event(1, D, 12, "COMMENT"), Event(1, D, 12, "SHARE", 200, is_coordinated=True)]
    lived, later = (1 - (8 / (8 + hours)) ** 1.5 for hours in (12, 36))
    to_come = later - lived
    of_author = to_come * 0.3 * (10 / (lived + 1)) / (0.3 + lived)
    expected = hundredths(of_author + to_come * 10 / (0.3 + lived))

    [row] = score(ranking_frames([Post(1)], events)).to_dicts()

    assert row == {
        "date": D,
        "post_id": post_id(1),
        "author_id": ANN,
        "engagement_score": expected,
        "prior_score": expected,
        "idle_score": hundredths(of_author),
        "lower_score": None,
        "upper_score": None,
        "coordinated_events": 1,
        "model_id": "prior",
    }


@pytest.mark.parametrize(("seed", "platform"), list(enumerate(PLATFORMS)))
@pytest.mark.parametrize("model", [PRIOR, CALIBRATED], ids=lambda model: model.model_id)
def test_scores_keep_their_contract(
    score: Score, seed: int, platform: str, model: ScoreModel
) -> None:
    frames = random_ranking(seed, SEEN, **PLATFORMS[platform])

    scored = score(frames, DAYS, model)

    assert scored.schema == polars_schema(PostScores)
    assert scored.is_empty() == (platform == "nothing")
    for _, partition in scored.group_by("date"):
        validate(partition, PostScores, partition="post_scores")


def test_scores_are_what_the_features_of_the_actual_and_of_an_idle_day_are_given(
    score: Score,
) -> None:
    frames = random_ranking(3, SEEN)
    candidates = candidates_of(frames)
    actual = build_features(candidates)
    idle = build_idle_features(candidates, actual)

    scored = score(frames)

    assert scored["post_id"].to_list() == candidates["post_id"].to_list()
    for name, features in {"engagement_score": actual, "idle_score": idle}.items():
        assert scored[name].to_list() == [hundredths(number) for number in features["prior"]]
    assert scored["prior_score"].equals(scored["engagement_score"])


def test_a_calibrated_prior_scales_ties_and_tells_its_interval(score: Score) -> None:
    frames = random_ranking(4, SEEN)
    plain = build_features(candidates_of(frames))["prior"].to_list()

    rows = score(frames, TODAY, CALIBRATED).to_dicts()

    for prior, row in zip(plain, rows, strict=True):
        expected = hundredths(prior * 6.8 if prior * 6.8 >= 0.6 else 0.25)
        step = STEPS[expected >= 2]
        assert row["engagement_score"] == expected
        assert row["prior_score"] == hundredths(prior)
        assert row["lower_score"] == min(hundredths(step.lower, ROUND_FLOOR), expected)
        assert row["upper_score"] == max(hundredths(step.upper, ROUND_CEILING), expected)
    assert {row["model_id"] for row in rows} == {"calibrated"}
    assert len({row["upper_score"] for row in rows}) > 2


def test_each_date_is_scored_by_its_own_model() -> None:
    candidates = candidates_of(random_ranking(5, SEEN), DayRange(EVE, D))
    models = {EVE: CALIBRATED, D: replace(PRIOR, model_id="doubled", scale=2.0)}

    scored = score_posts(candidates, models)

    for day, model in models.items():
        alone = score_posts(candidates.filter(pl.col("date") == day), {day: model})
        assert_frame_equal(scored.filter(pl.col("date") == day), alone)
    assert dict(scored.select("date", "model_id").unique().iter_rows()) == {
        EVE: "calibrated",
        D: "doubled",
    }


def test_a_date_without_a_model_is_refused() -> None:
    candidates = candidates_of(ranking_frames([Post(1)]))

    with pytest.raises(KeyError, match="2024, 2, 29"):
        score_posts(candidates, {EVE: PRIOR})


@pytest.mark.parametrize(("value", "expected"), [(10**14, MAX_SCORE), (-(10**14), Decimal("0.00"))])
def test_a_score_is_neither_negative_nor_too_large_for_its_column(
    score: Score, value: int, expected: Decimal
) -> None:
    frames = ranking_frames([Post(1), Post(2)], [Event(1, D, 12, "COMMENT", value)])
    step = IntervalStep(0.0, 0.0, 1e9)

    row = score(frames, TODAY, replace(PRIOR, interval=[step])).row(0, named=True)

    assert row["engagement_score"] == row["prior_score"] == expected
    assert row["lower_score"] == 0
    assert row["upper_score"] == MAX_SCORE


def test_what_happens_later_changes_no_score(score: Score) -> None:
    frames = random_ranking(6, DayRange(SEEN.first, D + timedelta(days=9)))

    with_future = score(frames, DAYS)

    assert_frame_equal(score(frames.between(SEEN.first, D), DAYS), with_future)


def test_a_range_at_once_equals_its_days_one_by_one(score: Score) -> None:
    frames = random_ranking(7, SEEN)

    def of(day: date) -> Frame:
        today = DayRange(day, day)
        return score(frames.between(today.preceded_by(LOOKBACK_DAYS).first, day), today)

    assert_frame_equal(score(frames, DAYS), pl.concat([of(day) for day in DAYS]))


def test_neither_engine_nor_order_of_rows_changes_a_score(score: Score) -> None:
    frames = random_ranking(8, SEEN)
    on_polars = score_posts(candidates_of(frames, DAYS), dict.fromkeys(DAYS, PRIOR))

    assert_frame_equal(score(frames.shuffled(2), DAYS), on_polars)


@given(st.lists(st.integers(0, 10**10 - 1)))
def test_hundredths_become_exact_decimals(numbers: list[int]) -> None:
    frame = pl.DataFrame({"place": range(len(numbers))})

    likes = frame.with_columns(in_likes("likes", np.array(numbers, dtype=np.int64)))["likes"]

    assert likes.dtype == pl.Decimal(10, 2)
    assert likes.to_list() == [Decimal(number).scaleb(-2) for number in numbers]


def test_without_numbers_likes_are_unknown() -> None:
    frame = pl.DataFrame({"place": [1, 2]}).with_columns(in_likes("likes", None))

    assert frame["likes"].dtype == pl.Decimal(10, 2)
    assert frame["likes"].to_list() == [None, None]
