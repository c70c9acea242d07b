"""A creator's shown posts, from frames to what a report says of them."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from assets.ranking.receipt_words import WORDS
from reports.creator.equal_age import equal_age_of
from reports.creator.model import ENGAGEMENTS, TopPost
from schema.errors import UnexplainedDifferenceError
from schema.tables.score_receipts import ScorePart

Row = Mapping[str, Any]
ORDER = list(ScorePart)


def top_post(post: Row, receipt: Sequence[Row], equal_age: Row | None) -> TopPost:
    """One post, of its row with text and score, the rows of its receipt, and its comparison.

    Raises:
        UnexplainedDifferenceError: the receipt does not sum to the score.
    """
    score = post["engagement_score"]
    return TopPost(
        post_id=UUID(bytes=post["post_id"]),
        created_at=post["created_at"],
        media_type=post["media_type"],
        visibility=post["visibility"],
        is_deleted=post["is_deleted"],
        text=post["text"],
        impressions=post["impressions"],
        engagements={kind: post[kind] for kind in ENGAGEMENTS},
        score=score,
        interval=_interval(post),
        receipt=tell_receipt(receipt, score, post["post_id"]),
        rank=post["rank"],
        rank_change=post["rank_change"],
        equal_age=None if equal_age is None else equal_age_of(equal_age),
    )


def tell_receipt(
    parts: Sequence[Row], score: Decimal | None, post_id: bytes
) -> list[tuple[str, Decimal]]:
    """Parts of a score in words, largest first.

    Raises:
        UnexplainedDifferenceError: they do not sum to the score.
    """
    told = [(ScorePart(row["part"]), row["contribution"]) for row in parts]
    if told and sum(amount for _, amount in told) != score:
        raise UnexplainedDifferenceError(
            f"the receipt of post {UUID(bytes=post_id)} does not sum to its score {score}: compute "
            "the last day of the report again with `sociallive run --date`"
        )
    told.sort(key=lambda part: (-abs(part[1]), ORDER.index(part[0])))
    return [(WORDS[part], amount) for part, amount in told if amount]


def _interval(post: Row) -> tuple[Decimal, Decimal] | None:
    lower, upper = post["lower_score"], post["upper_score"]
    return None if lower is None or upper is None else (lower, upper)
