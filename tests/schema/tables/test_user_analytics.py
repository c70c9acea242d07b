from datetime import date
from typing import Any

import polars as pl
import pytest

from schema.errors import ContractError
from schema.metrics import USER_ANALYTICS
from schema.tables.columns import polars_schema
from schema.tables.user_analytics import LARGEST, UserAnalytics
from schema.validation import validate

NUMBERS = [metric.name for metric in USER_ANALYTICS]
NOTHING = dict.fromkeys(NUMBERS, 0)
GOOD = {"date": date(2024, 2, 29), "user_id": b"u" * 16} | NOTHING | {"followers_lost": 1}


def check(*rows: dict[str, Any]) -> pl.DataFrame:
    frame = pl.DataFrame(list(rows), schema=polars_schema(UserAnalytics))
    return validate(frame, UserAnalytics, partition="user_analytics of 2024-02-29")


def test_good_rows_pass() -> None:
    assert check(GOOD, GOOD | {"user_id": b"v" * 16}).height == 2


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check(GOOD | {column: None})


@pytest.mark.parametrize("column", NUMBERS)
def test_negative_counts_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: greater_than_or_equal_to"):
        check(GOOD | {column: -1})


@pytest.mark.parametrize("column", NUMBERS)
def test_counts_that_postgresql_cannot_hold_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: less_than_or_equal_to"):
        check(GOOD | {column: LARGEST + 1})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (NOTHING, "a row has a non-zero number"),
        (
            {"post_engagements": 2, "total_likes": 1, "total_comments": 1, "total_shares": 1},
            "likes, comments and shares are part of the engagements",
        ),
        (
            {"profile_views": 2, "post_impressions": 1},
            "profile views are part of the impressions",
        ),
    ],
)
def test_numbers_that_contradict_each_other_are_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check(GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a creator has one row per day"):
        check(GOOD, GOOD | {"followers_gained": 7})
