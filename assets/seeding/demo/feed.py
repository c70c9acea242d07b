"""Feeds: what each account was about to be shown on the last days."""

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Flags,
    Ints,
    Random,
    draw_ids,
    draw_lognormal,
    draw_positions,
    instants,
    texts_at,
)
from assets.seeding.demo.follows import Follows
from assets.seeding.demo.people import People
from assets.seeding.demo.posts import Posts
from assets.seeding.demo.timeline import DAY, MINUTE, Timeline
from schema.vocabulary import Visibility

ITEMS_PER_USER = 6
RECENT_DAYS = 3
LIFETIME_DAYS = 2
REASONS = ("following", "trending", "similar_interests", "nearby")
REASON_WEIGHTS_OF_OTHERS = (0.0, 0.5, 0.4, 0.1)


def feed_rows(
    rng: Random, people: People, posts: Posts, follows: Follows, *, timeline: Timeline
) -> pl.DataFrame:
    """The rows of `feed_items`: recent posts of others that the account may see."""
    user, post = _draw_pairs(rng, people, posts, timeline)
    follow = _is_following(people, follows, user, posts.author[post])
    restricted = posts.seen_by(Visibility.FOLLOWERS_ONLY)[post]
    delay = draw_lognormal(rng, len(post), median=40 * MINUTE, sigma=1.2)
    created = np.maximum(posts.created[post], people.created[user]) + delay
    shown = (
        (user != posts.author[post])
        & (follow | ~restricted)
        & (created < np.minimum(timeline.end, posts.deleted[post]))
        & (people.quiet_from[user] > created)
    )
    user, post, created, follow = user[shown], post[shown], created[shown], follow[shown]
    count = len(post)
    others = draw_positions(rng, count, REASON_WEIGHTS_OF_OTHERS)
    score = np.minimum(posts.appeal[post] * np.where(follow, 2.0, 1.0), 999_999)
    return pl.DataFrame(
        {
            "id": draw_ids(rng, count),
            "user_id": people.ids.gather(user),
            "post_id": posts.ids.gather(post),
            "score": pl.Series(score.round(4)).cast(pl.Decimal(10, 4)),
            "reason": texts_at(REASONS, np.where(follow, 0, others)),
            "created_at": instants(created),
            "expires_at": instants(created + LIFETIME_DAYS * DAY),
        }
    ).sort("created_at", maintain_order=True)


def _draw_pairs(rng: Random, people: People, posts: Posts, timeline: Timeline) -> tuple[Ints, Ints]:
    recent = posts.created >= timeline.end - RECENT_DAYS * DAY
    weights = posts.appeal * recent
    if weights.sum() == 0:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    wanted = len(people) * ITEMS_PER_USER
    user = rng.integers(0, len(people), wanted)
    pairs = np.unique(user * len(posts) + draw_positions(rng, wanted, weights))
    return pairs // len(posts), pairs % len(posts)


def _is_following(people: People, follows: Follows, user: Ints, author: Ints) -> Flags:
    living = follows.until == NEVER
    pairs = follows.follower[living] * len(people) + follows.following[living]
    return np.isin(user * len(people) + author, pairs)
