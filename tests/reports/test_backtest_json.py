import json
from typing import Any

import pytest

from assets.ranking.backtest_summary import Summary
from reports.backtest_json import backtest_json
from tests.fixtures.backtest_summaries import random_summary


@pytest.fixture(scope="module")
def summary() -> Summary:
    return random_summary(seed=1, days=20)


@pytest.fixture(scope="module")
def facts(summary: Summary) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(backtest_json(summary))
    return told


def test_numbers_are_unrounded_and_days_are_iso_dates(
    summary: Summary, facts: dict[str, Any]
) -> None:
    assert (facts["from"], facts["to"]) == ("2024-02-10", "2024-02-29")
    assert facts["means"] == summary.means.to_dicts()
    assert [day["date"] for day in facts["days"]] == [
        day.isoformat() for day in summary.outcome.days["date"]
    ]
    assert len(facts["results"]) == summary.outcome.results.height
    assert facts["coverage"] == summary.coverage


def test_differences_have_their_mean_and_their_bounds(
    summary: Summary, facts: dict[str, Any]
) -> None:
    for told, row in zip(facts["differences"], summary.differences, strict=True):
        assert (told["measure"], told["method"]) == (row.measure, row.method)
        assert (told["lower"], told["mean"], told["upper"]) == (row.lower, row.mean, row.upper)


def test_what_does_not_exist_is_null() -> None:
    facts = json.loads(backtest_json(random_summary(seed=3, days=2, posts=2)))

    assert facts["coverage"] is None
    assert facts["differences"] == []
    assert facts["left_out"] == ["2024-02-28", "2024-02-29"]
