from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.ranking.backtest_summary import Summary
from assets.ranking.backtest_verdict import Difference
from assets.resources.engine import EngineName, PolarsEngine
from assets.resources.lake import Lake
from assets.resources.published import Published
from pipelines.model_quality import model_quality_check, quality_result
from pipelines.settings import Settings
from tests.fixtures.backtest_summaries import random_summary


def compared(lower: float | None, upper: float | None) -> Summary:
    """A back-test in which the score is compared with one heuristic."""
    best = Difference("ndcg_100", "newest first", 0.4, 0.5, lower, upper, is_best=True)
    return replace(random_summary(3, days=3, posts=20), differences=[best])


@pytest.mark.parametrize(
    ("lower", "upper", "passed"),
    [(-0.2, -0.05, False), (-0.2, 0.01, True), (0.02, 0.1, True), (None, None, True)],
)
def test_scores_that_lose_beyond_chance_are_warned_of(
    lower: float | None, upper: float | None, *, passed: bool
) -> None:
    result = quality_result(compared(lower, upper))

    assert result.passed is passed
    assert result.severity is dg.AssetCheckSeverity.WARN
    assert (result.metadata["what_next"].value == "nothing") is passed
    assert result.metadata["best_heuristic"].value == "newest first"
    assert "newest first" in (result.description or "")


def test_where_nothing_can_be_judged_nothing_is_warned_of(tmp_path: Path) -> None:
    settings = Settings(tmp_path, None, EngineName.POLARS, date(2024, 1, 1))
    check = model_quality_check(settings)
    published = Published(Lake(settings.lake), PolarsEngine())

    said = check(published)

    assert isinstance(said, dg.AssetCheckResult)
    assert said.passed
    assert "sociallive run" in (said.description or "")
