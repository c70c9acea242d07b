"""Moderation: what was reported, and what became of it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.comments import Comments
from assets.seeding.demo.draws import (
    NEVER,
    Flags,
    Floats,
    Ints,
    Random,
    draw_choices,
    draw_ids,
    draw_lognormal,
    instants,
)
from assets.seeding.demo.media import Media
from assets.seeding.demo.people import People
from assets.seeding.demo.posts import Posts
from assets.seeding.demo.timeline import HOUR, MINUTE, Timeline, after
from schema.vocabulary import ContentType

# Share of each kind of content that is reported.
REPORTED = {
    ContentType.POST: 0.04,
    ContentType.COMMENT: 0.03,
    ContentType.USER_PROFILE: 0.02,
    ContentType.MEDIA: 0.02,
}
# The queue is not always emptied, and what is clear to the machine needs no moderator.
FORGOTTEN = 0.05
ESCALATED = 0.3
CLEARLY_FINE = 0.15

DECISIONS = {"APPROVED": 0.62, "REJECTED": 0.3, "FLAGGED": 0.08}
REASONS = {"spam": 0.4, "harassment": 0.2, "nudity": 0.12, "misinformation": 0.1, "other": 0.18}


@dataclass(frozen=True, slots=True)
class Cases:
    """What was reported, oldest first."""

    content_type: pl.Series
    content_id: pl.Series
    created: Ints


def moderation_rows(
    rng: Random, people: People, cases: Cases, *, timeline: Timeline
) -> pl.DataFrame:
    """The rows of `content_moderation`."""
    count = len(cases.created)
    score = rng.beta(1.5, 2.5, count)
    automatic = score < CLEARLY_FINE
    reviewed = cases.created + _draw_waits(rng, automatic)
    reviewed[(rng.random(count) < FORGOTTEN) | (reviewed >= timeline.end)] = NEVER
    open_cases = reviewed == NEVER
    unattended = pl.Series(open_cases | automatic)
    return pl.DataFrame(
        {
            "id": draw_ids(rng, count),
            "content_type": cases.content_type,
            "content_id": cases.content_id,
            "moderator_id": people.ids.gather(rng.integers(0, people.staff, count)).set(
                unattended, None
            ),
            "status": _draw_statuses(rng, score, open_cases, automatic),
            "reason": draw_choices(rng, count, REASONS).set(unattended, None),
            "automated_score": _two_decimals(score),
            "reviewed_at": instants(reviewed),
            "created_at": instants(cases.created),
        }
    )


def draw_cases(
    rng: Random,
    people: People,
    posts: Posts,
    comments: Comments,
    media: Media,
    *,
    timeline: Timeline,
) -> Cases:
    """Invent the reports of the window and of the content before it."""
    contents = {
        ContentType.POST: (posts.ids, posts.created),
        ContentType.COMMENT: (comments.ids, comments.created),
        ContentType.USER_PROFILE: (people.ids, people.created),
        ContentType.MEDIA: (media.ids, media.created),
    }
    reported = pl.concat(
        _draw_reports(rng, kind, ids, created) for kind, (ids, created) in contents.items()
    )
    reported = reported.filter(pl.col("created") < timeline.end).sort(
        "created", maintain_order=True
    )
    return Cases(reported["kind"], reported["content"], reported["created"].to_numpy())


def _draw_reports(rng: Random, kind: ContentType, ids: pl.Series, created: Ints) -> pl.DataFrame:
    chosen = np.flatnonzero(rng.random(len(created)) < REPORTED[kind])
    return pl.DataFrame(
        {
            "content": ids.gather(chosen),
            "created": after(rng, created[chosen], mean=5 * HOUR),
        }
    ).select(pl.lit(kind.value).alias("kind"), "content", "created")


def _draw_waits(rng: Random, automatic: Flags) -> Ints:
    by_hand = draw_lognormal(rng, len(automatic), median=7 * HOUR, sigma=1.1)
    return np.where(automatic, rng.integers(1, MINUTE, len(automatic)), by_hand)


def _draw_statuses(rng: Random, score: Floats, open_cases: Flags, automatic: Flags) -> pl.Series:
    decided = draw_choices(rng, len(score), DECISIONS).set(pl.Series(automatic), "APPROVED")
    # Flagged and not yet reviewed: handed on to someone who knows more.
    waiting = draw_choices(rng, len(score), {"PENDING": 1 - ESCALATED, "FLAGGED": ESCALATED})
    return waiting.zip_with(pl.Series(open_cases), decided)


def _two_decimals(numbers: Floats) -> pl.Series:
    return pl.Series(numbers.round(2)).cast(pl.Decimal(3, 2))
