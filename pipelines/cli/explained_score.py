"""A published score with what explains it: its receipt, its interval and its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import polars as pl

from assets.ranking.model_days import ModelDays
from assets.ranking.ranked_days import RankedDays
from assets.resources.engine import run
from assets.resources.lake import Lake
from assets.resources.published import Published
from schema.errors import UsageError
from schema.tables.popular_posts import CAUSES, PopularPosts, RankCause
from schema.tables.post_scores import PostScores
from schema.windows import DayRange


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
    parts = {cause: row[cause] for cause in CAUSES if row[cause] is not None}
    return Place(row["rank"], row["rank_change"], parts)
