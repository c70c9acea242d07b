"""A score's receipt in words: plain text of ours, nothing that users wrote."""

from collections.abc import Iterable
from decimal import Decimal

from schema.tables.score_receipts import ScorePart

WORDS = {
    ScorePart.AUTHOR: "what this author's posts usually get at this age",
    ScorePart.LAST_DAY: "engagement of the last 24 hours",
    ScorePart.EARLIER: "engagement before that",
    ScorePart.COORDINATED: "set aside: coordinated accounts",
    ScorePart.LEARNED_RECENT: "how recent engagement usually goes on",
    ScorePart.LEARNED_EARLIER: "how earlier engagement usually goes on",
    ScorePart.LEARNED_TIMING: "the post's age, the hour and the weekday",
    ScorePart.LEARNED_AUTHOR: "how this author's posts usually go on",
    ScorePart.LEARNED_AUDIENCE: "how many different people came, and how many of them engaged",
    ScorePart.LEARNED_FORMAT: "the kind of media, and who may see the post",
    ScorePart.LEARNED_PLATFORM: "how busy the platform is, and how such scores turned out",
    ScorePart.ROUNDING: "ties and rounding",
}
TOTAL = "expected in the next 24 hours, where a like counts 1.00"


def receipt_text(rows: Iterable[tuple[str, Decimal]]) -> list[str]:
    """Say what a score is made of, from its (part, contribution): largest first, the total last.

    Parts that contribute nothing are left out; amounts are aligned.
    """
    order = list(ScorePart)
    told = [(ScorePart(part), amount) for part, amount in rows if amount]
    told.sort(key=lambda row: (-abs(row[1]), order.index(row[0])))
    total = sum((amount for _, amount in told), Decimal(0))
    lines = [(f"{amount:+,.2f}", WORDS[part]) for part, amount in told]
    lines.append((f"{total:,.2f}", TOTAL))
    width = max(len(amount) for amount, _ in lines)
    return [f"{amount:>{width}}  {words}" for amount, words in lines]
