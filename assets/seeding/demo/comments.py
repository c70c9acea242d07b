"""Comments: what people answer, to a post or to each other."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Flags,
    Ints,
    Random,
    draw_ids,
    draw_texts,
    instants,
)
from assets.seeding.demo.people import People
from assets.seeding.demo.posts import Posts
from assets.seeding.demo.timeline import DAY, HOUR, Timeline, after
from assets.seeding.demo.views import Views, allowed
from assets.seeding.demo.words import load_phrases

# Shares: of comments that the author answers, that go on with a second one by the same account,
# that answer another comment, that are deleted, that are edited.
ANSWERED = 0.18
CONTINUED = 0.06
THREADED = 0.35
DELETED = 0.03
EDITED = 0.04

NO_PARENT = -1


@dataclass(frozen=True, slots=True)
class Comments:
    """Comments, oldest first; `parent` is the position of an older one or NO_PARENT."""

    ids: pl.Series
    post: Ints
    user: Ints
    parent: Ints
    created: Ints
    deleted: Ints


def draw_comments(
    rng: Random, people: People, posts: Posts, events: Views, *, timeline: Timeline
) -> Comments:
    """Invent a comment per COMMENT event, and some more: an account counts once there, not here."""
    answers = events.where(rng.random(len(events.at)) < ANSWERED)
    more = events.where(rng.random(len(events.at)) < CONTINUED)
    later = Views(
        user=np.concatenate([posts.author[answers.post], more.user]),
        post=np.concatenate([answers.post, more.post]),
        at=after(rng, np.concatenate([answers.at, more.at]), mean=2 * HOUR),
        source=np.concatenate([answers.source, more.source]),
    )
    later = later.where(allowed(people, posts, later, timeline))
    created = np.concatenate([events.at, later.at])
    order = np.argsort(created, kind="stable")
    post = np.concatenate([events.post, later.post])[order]
    deleted = after(rng, created[order], mean=DAY)
    deleted[(rng.random(len(order)) >= DELETED) | (deleted >= timeline.end)] = NEVER
    return Comments(
        ids=draw_ids(rng, len(order)),
        post=post,
        user=np.concatenate([events.user, later.user])[order],
        parent=_draw_parents(rng, post),
        created=created[order],
        deleted=deleted,
    )


def comment_rows(
    rng: Random, people: People, posts: Posts, comments: Comments, *, timeline: Timeline
) -> pl.DataFrame:
    """The rows of `comments`."""
    count = len(comments.created)
    threaded = comments.parent != NO_PARENT
    edited = after(rng, comments.created, mean=HOUR)
    edited[(rng.random(count) >= EDITED) | (edited >= timeline.end)] = NEVER
    phrases = load_phrases()
    texts = draw_texts(rng, count, phrases["comments"])
    replies = draw_texts(rng, count, [*phrases["comments"], *phrases["replies"] * 3])
    return pl.DataFrame(
        {
            "id": comments.ids,
            "post_id": posts.ids.gather(comments.post),
            "user_id": people.ids.gather(comments.user),
            "parent_id": comments.ids.gather(np.where(threaded, comments.parent, 0)).set(
                pl.Series(~threaded), None
            ),
            "content": replies.zip_with(pl.Series(threaded), texts),
            "likes_count": pl.Series(rng.negative_binomial(1, 0.5, count)),
            "replies_count": pl.Series(
                count_by(comments.parent[threaded & _live(comments)], count)
            ),
            "is_edited": pl.Series(edited != NEVER),
            "created_at": instants(comments.created),
            "updated_at": instants(edited),
            "deleted_at": instants(comments.deleted),
        }
    ).with_columns(updated_at=pl.max_horizontal("created_at", "updated_at", "deleted_at"))


def live_comments_per_post(comments: Comments, posts: int) -> Ints:
    """How many comments each post shows."""
    return count_by(comments.post[_live(comments)], posts)


def count_by(positions: Ints, size: int) -> Ints:
    """How often each position below `size` occurs."""
    return np.bincount(positions, minlength=size).astype(np.int64)


def _live(comments: Comments) -> Flags:
    live: Flags = comments.deleted == NEVER
    return live


def _draw_parents(rng: Random, post: Ints) -> Ints:
    count = len(post)
    by_post = np.argsort(post, kind="stable")
    grouped = post[by_post]
    first = np.searchsorted(grouped, grouped)
    older = np.arange(count) - first
    parent = by_post[first + (rng.random(count) * older).astype(np.int64)]
    parent = np.where((older > 0) & (rng.random(count) < THREADED), parent, NO_PARENT)
    parents = np.empty(count, dtype=np.int64)
    parents[by_post] = parent
    return parents
