"""Views: how the attention that a post draws spreads over people and time."""

from dataclasses import dataclass

import numpy as np

from assets.seeding.demo.draws import Flags, Floats, Ints, Random, draw_positions
from assets.seeding.demo.follows import Follows
from assets.seeding.demo.people import People, draw_existing
from assets.seeding.demo.posts import Posts
from assets.seeding.demo.timeline import (
    HOUR,
    MEAN_INTENSITY,
    MINUTE,
    Timeline,
    after,
    intensity_at,
)
from schema.vocabulary import Visibility

VIEWS_PER_USER_DAY = 3.3
# Share of the draws that survive the rules below (asleep, own post, gone, seen before): measured.
YIELD = 0.66
# A burst decays as a power law: half of a post's views come within 1.7 hours, a tenth after 14.
BURST_SCALE = 2 * HOUR
BURST_EXPONENT = 1.1
# No post reaches more than this share of the accounts, so that repeats stay rare.
REACH_LIMIT = 0.35
THROUGH_FOLLOWING = 0.5
LOOKS_AT_OWN = 0.5

SOURCES = ("feed", "profile", "search", "share")
SOURCE_WEIGHTS_OF_FOLLOWERS = (0.74, 0.14, 0.04, 0.08)
SOURCE_WEIGHTS_OF_OTHERS = (0.34, 0.18, 0.28, 0.20)
SOURCE_WEIGHTS_OF_UNLISTED = (0.0, 0.1, 0.0, 0.9)


@dataclass(frozen=True, slots=True)
class Views:
    """Who saw which post when and where; each account each post once."""

    user: Ints
    post: Ints
    at: Ints
    source: Ints

    def where(self, chosen: Flags | Ints) -> "Views":
        """The chosen views."""
        return Views(self.user[chosen], self.post[chosen], self.at[chosen], self.source[chosen])


def draw_views(
    rng: Random, people: People, posts: Posts, follows: Follows, *, timeline: Timeline
) -> Views:
    """Invent the views of the window, in no order."""
    days = (timeline.end - timeline.start) / (24 * HOUR)
    wanted = len(people) * days * VIEWS_PER_USER_DAY / YIELD / MEAN_INTENSITY
    post, at = _draw_attention(rng, posts, timeline, wanted=wanted, reach=REACH_LIMIT * len(people))
    awake = rng.random(len(at)) < intensity_at(at)
    others = _draw_audience(rng, people, posts, follows, post[awake], at[awake])
    views = _together(others, _draw_own_views(rng, posts))
    views = views.where(allowed(people, posts, views, timeline))
    return _first_of_each(views, users=len(people))


def allowed(people: People, posts: Posts, views: Views, timeline: Timeline) -> Flags:
    """Which views lie in the window, and before their post or viewer went."""
    inside = (views.at >= timeline.start) & (views.at < timeline.end)
    alive = (views.at < posts.deleted[views.post]) & (views.at < people.quiet_from[views.user])
    allowed: Flags = inside & alive
    return allowed


def _draw_attention(
    rng: Random, posts: Posts, timeline: Timeline, *, wanted: float, reach: float
) -> tuple[Ints, Ints]:
    early = _survival(np.maximum(timeline.start - posts.created, 0))
    late = _survival(timeline.end - posts.created)
    expected = posts.appeal * (early - late)
    # A platform whose every post is private draws no attention at all.
    expected *= wanted / max(expected.sum(), np.finfo(np.float64).tiny)
    limit = reach * (early - late) / YIELD / MEAN_INTENSITY
    post = np.repeat(np.arange(len(posts)), rng.poisson(np.minimum(expected, limit)))
    # Only the part of each burst that falls into the window is drawn.
    left = late[post] + rng.random(len(post)) * (early - late)[post]
    delay = BURST_SCALE * (left ** (-1 / BURST_EXPONENT) - 1)
    return post, posts.created[post] + delay.astype(np.int64)


def _survival(delay: Ints) -> Floats:
    survival: Floats = (1 + delay / BURST_SCALE) ** -BURST_EXPONENT
    return survival


def _draw_audience(
    rng: Random, people: People, posts: Posts, follows: Follows, post: Ints, at: Ints
) -> Views:
    author = posts.author[post]
    follower, follows_now = _draw_followers(rng, follows, author, at)
    restricted = posts.seen_by(Visibility.FOLLOWERS_ONLY)[post]
    through = follows_now & (restricted | (rng.random(len(at)) < THROUGH_FOLLOWING))
    viewer = np.where(through, follower, draw_existing(rng, people, people.activity, at))
    source = np.where(
        through,
        draw_positions(rng, len(at), SOURCE_WEIGHTS_OF_FOLLOWERS),
        draw_positions(rng, len(at), SOURCE_WEIGHTS_OF_OTHERS),
    )
    unlisted = posts.seen_by(Visibility.UNLISTED)[post]
    source[unlisted] = draw_positions(rng, int(unlisted.sum()), SOURCE_WEIGHTS_OF_UNLISTED)
    welcome = (viewer != author) & (through | ~restricted)
    return Views(viewer, post, at, source).where(welcome)


def _draw_followers(rng: Random, follows: Follows, author: Ints, at: Ints) -> tuple[Ints, Flags]:
    if len(follows.since) == 0:
        return author, np.zeros(len(author), dtype=np.bool_)
    begun = follows.ordered_key(follows.following, follows.since)
    first = np.searchsorted(follows.following, author)
    count = np.searchsorted(begun, follows.ordered_key(author, at)) - first
    follow = np.minimum(first + (rng.random(len(at)) * count).astype(np.int64), len(begun) - 1)
    return follows.follower[follow], (count > 0) & (follows.until[follow] > at)


def _draw_own_views(rng: Random, posts: Posts) -> Views:
    post = np.flatnonzero(rng.random(len(posts)) < LOOKS_AT_OWN)
    return Views(
        user=posts.author[post],
        post=post,
        at=after(rng, posts.created[post], mean=10 * MINUTE),
        source=np.full(len(post), SOURCES.index("profile")),
    )


def _together(views: Views, more: Views) -> Views:
    return Views(
        np.concatenate([views.user, more.user]),
        np.concatenate([views.post, more.post]),
        np.concatenate([views.at, more.at]),
        np.concatenate([views.source, more.source]),
    )


def _first_of_each(views: Views, *, users: int) -> Views:
    earliest = views.where(np.argsort(views.at, kind="stable"))
    _, first = np.unique(earliest.post * users + earliest.user, return_index=True)
    return earliest.where(np.sort(first))
