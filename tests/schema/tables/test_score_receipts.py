from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schema.errors import ContractError
from schema.tables.columns import polars_schema
from schema.tables.score_receipts import ScorePart, ScoreReceipts
from schema.validation import validate

D = date(2026, 3, 31)


def receipts(*parts: tuple[int, str, str]) -> pl.DataFrame:
    rows = [(D, post.to_bytes(16), part, Decimal(amount)) for post, part, amount in parts]
    return pl.DataFrame(rows, schema=polars_schema(ScoreReceipts), orient="row")


def test_a_receipt_of_every_part_passes() -> None:
    signs = {ScorePart.COORDINATED: "-2.50", ScorePart.ROUNDING: "-0.01"}
    frame = receipts(
        *((1, part, signs.get(part, "1.25")) for part in ScorePart), (2, "AUTHOR", "0")
    )

    assert validate(frame, ScoreReceipts, partition="score_receipts").equals(frame)


def test_the_highest_score_passes_in_parts_that_cancel_out() -> None:
    frame = receipts((1, "LAST_DAY", "99999999.99"), (1, "EARLIER", "1"), (1, "ROUNDING", "-1"))

    assert validate(frame, ScoreReceipts, partition="score_receipts").equals(frame)


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        (receipts((1, "LUCK", "1")), "part: isin"),
        (receipts((1, "AUTHOR", "1"), (1, "AUTHOR", "1")), "one row per part and day"),
        (receipts((1, "AUTHOR", "2"), (1, "COORDINATED", "0.01")), "coordinated adds nothing"),
        (receipts((1, "AUTHOR", "-0.01"), (2, "AUTHOR", "5")), "sum to a score"),
        (receipts((1, "AUTHOR", "99999999.99"), (1, "EARLIER", "0.01")), "sum to a score"),
    ],
)
def test_a_broken_receipt_is_refused(frame: pl.DataFrame, rule: str) -> None:
    with pytest.raises(ContractError, match=rule):
        validate(frame, ScoreReceipts, partition="score_receipts of 2026-03-31")
