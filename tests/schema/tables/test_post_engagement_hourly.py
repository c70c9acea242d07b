from datetime import date
from typing import Any

import pytest

from schema.errors import ContractError
from schema.tables.post_engagement_hourly import PostEngagementHourly
from tests.fixtures.contract_rows import check_rows

GOOD = {
    "date": date(2024, 2, 29),
    "hour": 23,
    "post_id": b"p" * 16,
    "engagement_type": "LIKE",
    "author_id": b"a" * 16,
    "audience_events": 3,
    "audience_value": -150,
    "coordinated_events": 3,
    "coordinated_value": -250,
}


def test_good_rows_pass() -> None:
    assert (
        check_rows(
            PostEngagementHourly, GOOD, GOOD | {"hour": 0}, GOOD | {"engagement_type": "VIEW"}
        ).height
        == 3
    )


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(PostEngagementHourly, GOOD | {column: None})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"hour": 24}, "hour: less_than"),
        ({"hour": -1}, "hour: greater_than_or_equal_to"),
        ({"engagement_type": "STARE"}, "engagement_type: isin"),
        (
            {"audience_events": 0, "coordinated_events": 0},
            "audience_events: greater_than_or_equal_to",
        ),
        ({"coordinated_events": -1}, "coordinated_events: greater_than_or_equal_to"),
        ({"coordinated_events": 4}, "coordinated events are part of the audience's"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check_rows(PostEngagementHourly, GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a post has one row per hour and type"):
        check_rows(PostEngagementHourly, GOOD, GOOD | {"audience_events": 7})
