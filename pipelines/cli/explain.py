"""`sociallive explain`: why a post has the score and the place that it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl
from rich.markup import escape

from assets.ranking.model_days import ModelDays
from assets.ranking.movement_words import movement_text
from assets.ranking.ranked_days import RankedDays
from assets.ranking.receipt_words import receipt_text
from assets.resources.engine import open_engine, run
from assets.resources.lake import Lake
from assets.resources.published import Published
from pipelines.cli.console import say
from pipelines.settings import read_settings
from schema.errors import UnexplainedDifferenceError, UsageError
from schema.tables.popular_posts import PopularPosts, RankCause
from schema.tables.post_scores import PostScores
from schema.windows import DayRange, parse_day

INDENT = "  "


@dataclass(frozen=True, slots=True)
class Place:
    """A post's place among the popular ones, and the parts of its change since the day before."""

    rank: int
    rank_change: int | None = None
    parts: Mapping[RankCause, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExplainedScore:
    """A post's score as of the end of a day, and what it is made of: (part, contribution)."""

    post_id: UUID
    day: date
    score: Decimal
    model_id: str
    receipt: Sequence[tuple[str, Decimal]]
    interval: tuple[Decimal, Decimal] | None = None
    place: Place | None = None


def explain_post(text: str, day: str | None) -> None:
    """Recompute the receipt of a post's published score and show it.

    Raises:
        UsageError: the post or the day is not written as one, or the post was not scored that day.
        MissingPartitionError: the day has not been run.
    """
    settings = read_settings()
    post = parse_post(text)
    lake = Lake(settings.lake)
    published = Published(lake, open_engine(settings.engine, scratch=settings.scratch))
    scored_on = parse_day(day) if day else newest_scored_day(lake)
    show_explanation(explain_published(published, post, scored_on, first_day=settings.first_day))


def newest_scored_day(lake: Lake) -> date:
    """The newest day with scores.

    Raises:
        UsageError: there is none.
    """
    days = lake.published_days("post_scores")
    if not days:
        raise UsageError("no day has been scored yet: run one with `sociallive run --date D`")
    return days[-1]


def explain_published(
    published: Published, post: UUID, day: date, *, first_day: date
) -> ExplainedScore:
    """The published score of a post, its receipt and its place.

    Raises:
        UsageError: the post was not scored that day.
    """
    today, is_post = DayRange(day, day), pl.col("post_id") == post.bytes
    scores = run(published.scan("post_scores", PostScores, today)).filter(is_post)
    if scores.is_empty():
        raise UsageError(
            f"post {post} has no score of {day}: scored are live posts created or engaged with in "
            "the 30 days that end with it"
        )
    score = scores.row(0, named=True)
    receipt = RankedDays(ModelDays(published, first_day), first_day).receipt(post.bytes, day)
    popular = run(published.scan("popular_posts", PopularPosts, today)).filter(is_post)
    return ExplainedScore(
        post_id=post,
        day=day,
        score=score["engagement_score"],
        model_id=score["model_id"],
        receipt=receipt.select("part", "contribution").rows(),
        interval=_bounds(score),
        place=_place_of(popular),
    )


def _bounds(score: dict[str, Any]) -> tuple[Decimal, Decimal] | None:
    lower, upper = score["lower_score"], score["upper_score"]
    return None if lower is None else (lower, upper)


def _place_of(popular: pl.DataFrame) -> Place | None:
    if popular.is_empty():
        return None
    row = popular.row(0, named=True)
    causes = [cause for cause in RankCause if cause.value in row]
    parts = {cause: row[cause.value] for cause in causes if row[cause.value] is not None}
    return Place(row["rank"], row["rank_change"], parts)


def parse_post(text: str) -> UUID:
    """Read a post's id as people write it.

    Raises:
        UsageError: the text is not a UUID.
    """
    try:
        return UUID(text)
    except ValueError:
        pass
    raise UsageError(
        f"{text!r} is not the id of a post: write it as a UUID, "
        "for example 0190f3a2-7c1e-7d3b-9a55-3f2b8c6d4e10"
    )


def show_explanation(explained: ExplainedScore) -> None:
    """Print why the post has the score and the place that it has."""
    for line in explanation_lines(explained):
        say(escape(line))


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
