from datetime import date
from typing import Any

import pytest

from schema.errors import ContractError
from schema.tables.author_audience_daily import AuthorAudienceDaily
from tests.fixtures.contract_rows import check_rows

GOOD = {
    "date": date(2024, 2, 29),
    "author_id": b"a" * 16,
    "user_id": b"u" * 16,
    "active_hours": 2**24 - 1,
}


def test_good_rows_pass() -> None:
    assert (
        check_rows(
            AuthorAudienceDaily, GOOD, GOOD | {"user_id": b"v" * 16, "active_hours": 1}
        ).height
        == 2
    )


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(AuthorAudienceDaily, GOOD | {column: None})


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"active_hours": 0}, "active_hours: greater_than_or_equal_to"),
        ({"active_hours": 2**24}, "active_hours: less_than"),
        ({"user_id": b"a" * 16}, "an author is not part of the audience"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        check_rows(AuthorAudienceDaily, GOOD | change)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="an account has one row per author and day"):
        check_rows(AuthorAudienceDaily, GOOD, GOOD | {"active_hours": 7})
