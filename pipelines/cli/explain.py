"""`sociallive explain`: why a post has the score and the place that it has."""

from decimal import Decimal

from assets.ranking.movement_words import movement_text
from assets.ranking.receipt_words import receipt_text
from assets.resources.identifiers import uuid_of
from assets.resources.lake import Lake
from pipelines.chosen_engine import published_of
from pipelines.cli.console import say
from pipelines.cli.explained_score import (
    ExplainedScore,
    Place,
    explain_published,
    newest_scored_day,
)
from pipelines.settings import read_settings
from schema.errors import UnexplainedDifferenceError
from schema.windows import parse_day

INDENT = "  "


def explain_post(text: str, day: str | None) -> None:
    """Recompute the receipt of a post's published score and show it.

    The post's id may be the one that it had where it was loaded from.

    Raises:
        UsageError: the day is not written as one, or the post was not scored that day.
        MissingPartitionError: the day has not been run.
    """
    settings = read_settings()
    post = uuid_of(text)
    lake = Lake(settings.lake)
    published = published_of(settings)
    scored_on = parse_day(day) if day else newest_scored_day(lake)
    show_explanation(explain_published(published, post, scored_on, first_day=settings.first_day))


def show_explanation(explained: ExplainedScore) -> None:
    """Print why the post has the score and the place that it has."""
    for line in explanation_lines(explained):
        say(line)


def explanation_lines(explained: ExplainedScore) -> list[str]:
    """Say what the score is, where it puts the post, and what it is made of.

    Raises:
        UnexplainedDifferenceError: the receipt does not sum to the score.
    """
    _refuse_other_receipts(explained)
    return [
        f"Post {explained.post_id} at the end of {explained.day} (UTC)",
        f"Score: {explained.score:,.2f}{_interval(explained.interval)}",
        f"Model: {explained.model_id}",
        *_place(explained.place),
        "The score is made of:",
        *(INDENT + line for line in receipt_text(explained.receipt)),
    ]


def _interval(interval: tuple[Decimal, Decimal] | None) -> str:
    if interval is None:
        return ""
    lower, upper = interval
    return f", in 4 of 5 cases between {lower:,.2f} and {upper:,.2f}"


def _place(place: Place | None) -> list[str]:
    if place is None:
        return ["Place: not among the popular posts"]
    headline, *causes = movement_text(place.rank_change, place.parts)
    return [f"Place: {place.rank:,}, {headline}", *(INDENT + cause for cause in causes)]


def _refuse_other_receipts(explained: ExplainedScore) -> None:
    total = sum(amount for _, amount in explained.receipt)
    if total != explained.score:
        raise UnexplainedDifferenceError(
            f"the receipt of post {explained.post_id} on {explained.day} sums to {total}, but its "
            f"score is {explained.score}: compute the day again with "
            f"`sociallive run --date {explained.day}`"
        )
