from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.post_scores import PostScores
from schema.validation import validate

D = date(2026, 3, 31)
SCORES = ("engagement_score", "prior_score", "idle_score", "lower_score", "upper_score")
HIGHEST = "99999999.99"


def scores(*rows: dict[str, Any]) -> pl.DataFrame:
    """Posts numbered from 1; what a row leaves out is valid."""
    full: list[dict[str, Any]] = [
        {
            "date": D,
            "post_id": number.to_bytes(16),
            "author_id": b"\xaa" * 16,
            **dict.fromkeys(SCORES, "1.50"),
            "coordinated_events": 0,
            "model_id": "prior",
        }
        | row
        for number, row in enumerate(rows, start=1)
    ]
    typed = [
        row | {name: row[name] and Decimal(row[name]) for name in SCORES if name in row}
        for row in full
    ]
    return pl.DataFrame(typed, schema=polars_schema(PostScores))


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"lower_score": None, "upper_score": None},
        {"lower_score": "0", "upper_score": "0"},
        dict.fromkeys(SCORES, HIGHEST),
        dict.fromkeys(SCORES, "0"),
        {"coordinated_events": 500, "model_id": "2026-03-30-0a1b2c3d"},
    ],
)
def test_a_score_with_an_interval_or_none_passes(row: dict[str, Any]) -> None:
    frame = scores(row, {})

    assert validate(frame, PostScores, partition="post_scores").equals(frame)


def test_no_scores_pass() -> None:
    assert validate(scores(), PostScores, partition="post_scores").is_empty()


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        *(({name: "-0.01"}, name) for name in SCORES),
        *(({name: None}, name) for name in SCORES[:3]),
        ({"coordinated_events": -1}, "coordinated_events"),
        ({"model_id": None}, "model_id"),
        ({"post_id": (2).to_bytes(16)}, "a post is scored once a day"),
        ({"lower_score": "1.51"}, "the interval ends above where it begins"),
        ({"lower_score": None}, "the interval ends above where it begins"),
        ({"upper_score": None}, "the interval ends above where it begins"),
    ],
)
def test_a_broken_score_is_refused(row: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(scores(row, {}), PostScores, partition="post_scores of 2026-03-31")


@pytest.mark.parametrize("name", SCORES)
def test_a_score_beyond_its_column_is_refused(name: str) -> None:
    frame = scores({}).with_columns(pl.lit(10**8).cast(pl.Decimal(12, 2)).alias(name))

    with pytest.raises(ContractError, match="does not fit"):
        validate(frame, PostScores, partition="post_scores of 2026-03-31")
