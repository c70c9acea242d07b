from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from assets.ranking.rank_measures import ndcg, spearman
from assets.ranking.rank_quality import TOP, Outcome, Quality, quality_of

D, NEXT = date(2024, 2, 29), date(2024, 3, 1)


def posts(*rows: tuple[date, float]) -> pl.DataFrame:
    """Posts by their date and what they got."""
    return pl.DataFrame(rows, schema={"date": pl.Date, "target": pl.Float64}, orient="row")


def measures(quality: Quality) -> tuple[float, float]:
    return quality.ndcg, quality.spearman


def test_both_measures_by_hand() -> None:
    judged = posts((D, 0.0), (D, 3.0), (D, 1.0))

    perfect = quality_of(judged, np.array([0.0, 2.0, 1.0]))
    reversed_ = quality_of(judged, np.array([2.0, 0.0, 1.0]))

    assert measures(perfect) == pytest.approx((1, 1))
    gained, best = 0 + 1 / np.log2(3) + 3 / np.log2(4), 3 + 1 / np.log2(3)
    assert measures(reversed_) == pytest.approx((gained / best, -1))
    assert perfect.agreement == pytest.approx(2)


def test_days_count_alike_and_days_without_engagement_not_at_all() -> None:
    crowd = [(D, float(n)) for n in range(50)]
    judged = posts(*crowd, (NEXT, 1.0), (NEXT, 0.0), (date(2024, 3, 2), 0.0))
    scores = np.array([*range(50), 0, 1, 5], dtype=float)

    assert quality_of(judged, scores).spearman == pytest.approx((1 - 1) / 2)


def test_spearman_is_scipy_s_on_posts_of_a_day() -> None:
    dice = np.random.default_rng(3)
    targets, scores = dice.poisson(2, 300).astype(float), dice.poisson(3, 300).astype(float)

    quality = quality_of(posts(*((D, target) for target in targets)), scores)

    assert quality.spearman == pytest.approx(spearmanr(targets, scores).statistic)


def test_a_day_tells_nothing_of_one_post_or_of_posts_that_got_nothing() -> None:
    judged = posts((D, 5.0), (NEXT, 0.0), (NEXT, 0.0))

    assert Outcome(judged).days == 0
    assert quality_of(judged, np.ones(3)) == Quality(0.0, 0.0)


def test_days_measured_at_once_are_as_each_by_itself() -> None:
    dice = np.random.default_rng(5)
    sizes = [1, 2, 7, 40, 300, 5]
    rows = [
        (D + timedelta(days=n), float(dice.poisson(1))) for n in range(6) for _ in range(sizes[n])
    ]
    judged = posts(*(rows[place] for place in dice.permutation(len(rows))))
    for scores in (dice.poisson(2, len(rows)).astype(float), dice.normal(size=len(rows))):
        days = judged.with_columns(score=scores).partition_by("date")
        pairs = [(day["target"].to_numpy(), day["score"].to_numpy()) for day in days]
        told = [pair for pair in pairs if pair[0].size > 1 and pair[0].max() > 0]

        expected = (
            np.mean([ndcg(*pair, places=TOP) for pair in told]),
            np.mean([spearman(*pair) for pair in told]),
        )
        assert measures(quality_of(judged, scores)) == pytest.approx(expected, abs=1e-12)
        assert Outcome(judged).days == len(told) >= 4


def test_scores_that_all_tie_order_nothing() -> None:
    assert quality_of(posts((D, 4.0), (D, 0.0)), np.ones(2)).spearman == 0
