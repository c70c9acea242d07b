"""A change of rank in words: plain text of ours, nothing that users wrote."""

from collections.abc import Mapping

from schema.tables.popular_posts import CAUSES, RankCause

WORDS = {
    RankCause.OWN_GROWTH: "what people did with the post that day",
    RankCause.DECAY: "what a day without any engagement would have cost",
    RankCause.OTHERS_GROWTH: "how the other posts did",
    RankCause.ELIGIBILITY: "posts that joined or left the ranking",
}


def movement_text(rank_change: int | None, parts: Mapping[RankCause, int]) -> list[str]:
    """Say how far a post moved since the day before, then why: the largest part first."""
    if rank_change is None:
        return ["new: not among the popular posts the day before"]
    told = sorted((c for c in CAUSES if parts[c]), key=lambda cause: -abs(parts[cause]))
    return [_headline(rank_change), *(f"{_signed(parts[c])}: {WORDS[c]}" for c in told)]


def _headline(change: int) -> str:
    if not change:
        return "where it was the day before"
    return f"{'up' if change > 0 else 'down'} {_count(abs(change))} since the day before"


def _signed(places: int) -> str:
    return f"{'+' if places > 0 else '-'}{_count(abs(places))}"


def _count(places: int) -> str:
    return "1 place" if places == 1 else f"{places:,} places"
