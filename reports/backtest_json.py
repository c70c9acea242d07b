"""A back-test for machines: the same numbers as the page, unrounded."""

import json
from dataclasses import asdict
from typing import Any

from assets.ranking.backtest_summary import Summary, verdict
from assets.ranking.backtest_verdict import BLOCK_DAYS, RESAMPLES, SEED
from reports.backtest_terms import define_terms

FORMAT_VERSION = 1


def backtest_json(summary: Summary) -> str:
    """Everything that was measured; days are ISO dates, what does not exist is null."""
    facts: dict[str, Any] = {
        "format": FORMAT_VERSION,
        "from": summary.days.first,
        "to": summary.days.last,
        "left_out": summary.left_out,
        "coverage": summary.coverage,
        "verdict": verdict(summary),
        "bootstrap": {"resamples": RESAMPLES, "block_days": BLOCK_DAYS, "seed": SEED},
        "differences": [asdict(row) | {"mean": row.mean} for row in summary.differences],
        "means": summary.means.to_dicts(),
        "days": summary.outcome.days.to_dicts(),
        "results": summary.outcome.results.to_dicts(),
        "definitions": define_terms(),
    }
    return json.dumps(facts, default=str, allow_nan=False, indent=1)
