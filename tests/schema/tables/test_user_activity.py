from datetime import date

import pytest

from schema.errors import ContractError
from schema.tables.user_activity import UserActivity
from tests.fixtures.contract_rows import check_rows

NOTHING = {"engagements": 0, "posts": 0, "comments": 0, "follows": 0}
GOOD = {"date": date(2024, 2, 29), "user_id": b"u" * 16} | NOTHING | {"posts": 1}


def test_good_rows_pass() -> None:
    assert check_rows(UserActivity, GOOD, GOOD | {"user_id": b"v" * 16}).height == 2


@pytest.mark.parametrize("column", list(GOOD))
def test_nulls_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: not_nullable"):
        check_rows(UserActivity, GOOD | {column: None})


@pytest.mark.parametrize("column", list(NOTHING))
def test_negative_counts_are_refused(column: str) -> None:
    with pytest.raises(ContractError, match=f"{column}: greater_than_or_equal_to"):
        check_rows(UserActivity, GOOD | {column: -1})


def test_whoever_did_nothing_has_no_row() -> None:
    with pytest.raises(ContractError, match="whoever has a row was active"):
        check_rows(UserActivity, GOOD | NOTHING)


def test_the_grain_appears_once() -> None:
    with pytest.raises(ContractError, match="a user has one row per day"):
        check_rows(UserActivity, GOOD, GOOD | {"posts": 7})
