from datetime import date
from typing import Any

import pytest

from schema.errors import ContractError
from schema.metrics import USER_ANALYTICS
from schema.tables.user_analytics import LARGEST, UserAnalytics
from tests.fixtures.contract_rows import check_rows

NUMBERS = [metric.name for metric in USER_ANALYTICS]
NOTHING = dict.fromkeys(NUMBERS, 0)
GOOD = {"date": date(2024, 2, 29), "user_id": b"u" * 16} | NOTHING | {"followers_lost": 1}


def test_good_rows_pass() -> None:
    assert check_rows(UserAnalytics, GOOD, GOOD | {"user_id": b"v" * 16}).height == 2


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(UserAnalytics, GOOD | {column: None})


@pytest.mark.parametrize("column", NUMBERS)
def test_negative_counts_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: greater_than_or_equal_to"):
        check_rows(UserAnalytics, GOOD | {column: -1})


@pytest.mark.parametrize("column", NUMBERS)
def test_counts_that_postgresql_cannot_hold_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: less_than_or_equal_to"):
        check_rows(UserAnalytics, GOOD | {column: LARGEST + 1})


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
        check_rows(UserAnalytics, GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a creator has one row per day"):
        check_rows(UserAnalytics, GOOD, GOOD | {"followers_gained": 7})
