from datetime import date
from typing import Any

import pytest

from schema.errors import ContractError
from schema.tables.post_audience_daily import PostAudienceDaily
from tests.fixtures.contract_rows import check_rows

GOOD = {
    "date": date(2024, 2, 29),
    "post_id": b"p" * 16,
    "author_id": b"a" * 16,
    "accounts": 3,
    "coordinated_accounts": 3,
}


def test_good_rows_pass() -> None:
    assert (
        check_rows(
            PostAudienceDaily, GOOD, GOOD | {"post_id": b"q" * 16, "coordinated_accounts": 0}
        ).height
        == 2
    )


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(PostAudienceDaily, GOOD | {column: None})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"accounts": 0, "coordinated_accounts": 0}, "accounts: greater_than_or_equal_to"),
        ({"coordinated_accounts": -1}, "coordinated_accounts: greater_than_or_equal_to"),
        ({"coordinated_accounts": 4}, "coordinated accounts are part of the audience"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check_rows(PostAudienceDaily, GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a post has one row per day"):
        check_rows(PostAudienceDaily, GOOD, GOOD | {"accounts": 7})
