from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from assets.ranking.rank_quality import (
    Quality,
    days_with_targets,
    quality_of,
)

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
    assert perfect.agreement == pytest.approx(5)


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

    assert days_with_targets(judged) == []
    assert quality_of(judged, np.ones(3)) == Quality(0.0, 0.0)
