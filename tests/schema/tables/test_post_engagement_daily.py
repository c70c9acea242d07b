from datetime import date
from typing import Any

import pytest

from schema.errors import ContractError
from schema.tables.post_engagement_daily import PostEngagementDaily
from tests.fixtures.contract_rows import check_rows

GOOD = {
    "date": date(2024, 2, 29),
    "post_id": b"p" * 16,
    "engagement_type": "LIKE",
    "author_id": b"a" * 16,
    "events": 3,
    "audience_events": 2,
    "audience_value": -150,
}


def test_good_rows_pass() -> None:
    assert check_rows(PostEngagementDaily, GOOD, GOOD | {"engagement_type": "VIEW"}).height == 2


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(PostEngagementDaily, GOOD | {column: None})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"engagement_type": "STARE"}, "engagement_type: isin"),
        ({"events": 0, "audience_events": 0}, "events: greater_than_or_equal_to"),
        ({"audience_events": -1}, "audience_events: greater_than_or_equal_to"),
        ({"audience_events": 4}, "the audience has no more events than the post"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check_rows(PostEngagementDaily, GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a post has one row per day and type"):
        check_rows(PostEngagementDaily, GOOD, GOOD | {"events": 7})
