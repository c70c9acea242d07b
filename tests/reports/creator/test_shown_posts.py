from decimal import Decimal
from typing import Any

import pytest

from reports.creator.shown_posts import tell_receipt, top_post
from schema.errors import UnexplainedDifferenceError
from schema.tables.score_receipts import ScorePart
from tests.fixtures.small_tables import at, uid

POST = {
    "post_id": uid("p"),
    "created_at": at(1),
    "media_type": None,
    "visibility": "PRIVATE",
    "is_deleted": False,
    "text": "hello",
    "impressions": 7,
    "engagement_score": None,
    "lower_score": None,
    "upper_score": None,
    "rank": None,
    "rank_change": None,
} | dict.fromkeys(("LIKE", "COMMENT", "SHARE", "SAVE", "CLICK"), 2)


def part(name: ScorePart, amount: str) -> dict[str, Any]:
    return {"part": name.value, "contribution": Decimal(amount)}


def test_a_receipt_is_told_in_words_largest_first() -> None:
    parts = [
        part(ScorePart.EARLIER, "0.00"),
        part(ScorePart.COORDINATED, "-3.00"),
        part(ScorePart.AUTHOR, "1.00"),
        part(ScorePart.LAST_DAY, "3.00"),
    ]

    assert tell_receipt(parts, Decimal("1.00"), uid("p")) == [
        ("engagement of the last 24 hours", Decimal("3.00")),
        ("set aside: coordinated accounts", Decimal("-3.00")),
        ("what this author's posts usually get at this age", Decimal("1.00")),
    ]


@pytest.mark.parametrize("score", [Decimal("1.01"), None])
def test_a_receipt_that_does_not_sum_to_the_score_is_refused(score: Decimal | None) -> None:
    with pytest.raises(UnexplainedDifferenceError, match="does not sum to its score"):
        tell_receipt([part(ScorePart.AUTHOR, "1.00")], score, uid("p"))


def test_a_post_without_a_score_has_no_receipt() -> None:
    post = top_post(POST, [], None)

    assert (post.score, post.interval, post.receipt, post.equal_age) == (None, None, [], None)
    assert (post.total, post.impressions, post.text) == (10, 7, "hello")


def test_an_interval_has_both_ends() -> None:
    scored = POST | {"engagement_score": Decimal(3), "lower_score": Decimal(1)}

    assert top_post(scored, [], None).interval is None
    both = top_post(scored | {"upper_score": Decimal(9)}, [], None)
    assert both.interval == (Decimal(1), Decimal(9))
