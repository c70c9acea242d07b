"""Engagement: what people do with the posts they see."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    Floats,
    Ints,
    Random,
    draw_ids,
    draw_lognormal,
    draw_positions,
    instants,
    texts_at,
)
from assets.seeding.demo.people import People
from assets.seeding.demo.posts import Posts
from assets.seeding.demo.timeline import SECOND, Timeline
from assets.seeding.demo.views import SOURCES, Views, allowed
from schema.vocabulary import EngagementType

TYPES = tuple(EngagementType)
# Share of views that lead to it, and the usual hesitation in seconds.
REACTIONS = {
    EngagementType.LIKE: (0.105, 12),
    EngagementType.CLICK: (0.16, 6),
    EngagementType.COMMENT: (0.030, 75),
    EngagementType.SHARE: (0.022, 40),
    EngagementType.SAVE: (0.018, 25),
}
# Trackers are blocked and applications crash: some views are lost, what followed them is not.
UNSEEN_VIEWS = 0.01
UNUSUAL_VALUES = 0.04
VALUES = ("1.00", "0.25", "0.50", "0.75", "1.50", "2.00", "5.00")
DEVICES = ("mobile", "desktop", "tablet")
DEVICE_WEIGHTS = (0.68, 0.25, 0.07)
APPLICATIONS = ("7.4.1", "7.5.0", "7.5.2")
KEEPS_DEVICE = 0.85
WITHOUT_METADATA = 0.004


@dataclass(frozen=True, slots=True)
class Engagement:
    """Events, oldest first: `kind` is a position in TYPES, `source` one in SOURCES."""

    user: Ints
    post: Ints
    at: Ints
    source: Ints
    kind: Ints

    def of(self, kind: EngagementType) -> Views:
        """The events of one type."""
        chosen = self.kind == TYPES.index(kind)
        return Views(self.user, self.post, self.at, self.source).where(chosen)


def draw_engagement(
    rng: Random, people: People, posts: Posts, views: Views, *, timeline: Timeline
) -> Engagement:
    """Invent what follows from the views; each account each post and type once."""
    liking = np.minimum(rng.lognormal(-0.125, 0.5, len(posts)), 3.0)
    parts = [views.where(rng.random(len(views.at)) >= UNSEEN_VIEWS)]
    for kind, (share, seconds) in REACTIONS.items():
        reactions = _draw_reactions(
            rng, views, share=_shares(posts, liking, kind) * share, seconds=seconds
        )
        parts.append(reactions.where(allowed(people, posts, reactions, timeline)))
    kinds = [TYPES.index(kind) for kind in (EngagementType.VIEW, *REACTIONS)]
    at = np.concatenate([part.at for part in parts])
    order = np.argsort(at, kind="stable")
    return Engagement(
        user=np.concatenate([part.user for part in parts])[order],
        post=np.concatenate([part.post for part in parts])[order],
        at=at[order],
        source=np.concatenate([part.source for part in parts])[order],
        kind=np.repeat(kinds, [len(part.at) for part in parts])[order],
    )


def engagement_rows(rng: Random, people: People, posts: Posts, events: Engagement) -> pl.DataFrame:
    """The rows of `user_engagement`."""
    count = len(events.at)
    unusual = np.where(rng.random(count) < UNUSUAL_VALUES, rng.integers(1, len(VALUES), count), 0)
    return pl.DataFrame(
        {
            # Ascending ids fill their index from the right: 800,000 load in 20 CPU seconds, not 25.
            "id": draw_ids(rng, count).sort(),
            "user_id": people.ids.gather(events.user),
            "post_id": posts.ids.gather(events.post),
            "engagement_type": texts_at(TYPES, events.kind),
            "value": pl.Series(VALUES).cast(pl.Decimal(5, 2)).gather(unusual),
            "metadata": _draw_metadata(rng, people, events),
            "created_at": instants(events.at),
        }
    )


def _shares(posts: Posts, liking: Floats, kind: EngagementType) -> Floats:
    # A click is a click on media: text has none.
    if kind is EngagementType.CLICK:
        return liking * (posts.media > 0)
    return liking


def _draw_reactions(rng: Random, views: Views, *, share: Floats, seconds: int) -> Views:
    reacted = views.where(rng.random(len(views.at)) < share[views.post])
    delay = draw_lognormal(rng, len(reacted.at), median=seconds * SECOND, sigma=1.2)
    return Views(reacted.user, reacted.post, reacted.at + delay, reacted.source)


def _draw_metadata(rng: Random, people: People, events: Engagement) -> pl.Series:
    count = len(events.at)
    usual = draw_positions(rng, len(people), DEVICE_WEIGHTS)
    device = np.where(
        rng.random(count) < KEEPS_DEVICE,
        usual[events.user],
        draw_positions(rng, count, DEVICE_WEIGHTS),
    )
    application = rng.integers(0, len(APPLICATIONS), count)
    variant = (events.source * len(DEVICES) + device) * len(APPLICATIONS) + application
    variants: list[str | None] = [
        f'{{"source": "{source}", "device": "{device}", "app": "{version}"}}'
        for source in SOURCES
        for device in DEVICES
        for version in APPLICATIONS
    ]
    missing = rng.random(count) < WITHOUT_METADATA
    variant[missing] = len(variants) + rng.integers(0, 2, int(missing.sum()))
    return texts_at([*variants, None, "{}"], variant)
