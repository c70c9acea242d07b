from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ranking.receipt_words import WORDS, receipt_text
from schema.tables.score_receipts import ScorePart

AMOUNTS = st.decimals(-99_999_999, 99_999_999, places=2)


def test_a_receipt_tells_the_largest_part_first_and_the_total_last() -> None:
    rows = [
        (ScorePart.AUTHOR, Decimal("1.20")),
        (ScorePart.COORDINATED, Decimal("-12.00")),
        (ScorePart.LAST_DAY, Decimal("1234.50")),
        (ScorePart.EARLIER, Decimal("0.00")),
    ]

    assert receipt_text(rows) == [
        "+1,234.50  engagement of the last 24 hours",
        "   -12.00  set aside: coordinated accounts",
        "    +1.20  what this author's posts usually get at this age",
        " 1,223.70  expected in the next 24 hours, where a like counts 1.00",
    ]


def test_a_receipt_without_parts_is_its_total() -> None:
    assert receipt_text([]) == ["0.00  expected in the next 24 hours, where a like counts 1.00"]
    assert receipt_text([("AUTHOR", Decimal(0))]) == receipt_text([])


def test_every_part_has_words_of_its_own_that_are_safe_anywhere() -> None:
    assert set(WORDS) == set(ScorePart)
    assert len(set(WORDS.values())) == len(WORDS)
    text = "".join(WORDS.values())
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set('<>&"[]\\`*_')


@given(st.dictionaries(st.sampled_from(ScorePart), AMOUNTS))
def test_the_amounts_of_a_receipt_sum_to_its_last_line(parts: dict[ScorePart, Decimal]) -> None:
    lines = receipt_text(parts.items())

    *amounts, total = [Decimal(line.split()[0].replace(",", "")) for line in lines]
    assert sum(amounts) == total == sum(parts.values())
    assert [abs(amount) for amount in amounts] == sorted(map(abs, amounts), reverse=True)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [(part, Decimal(1)) for part in ScorePart]

    assert receipt_text(reversed(rows)) == receipt_text(rows)


def test_a_part_that_the_contract_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="LUCK"):
        receipt_text([("LUCK", Decimal(1))])
