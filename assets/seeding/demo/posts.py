"""Posts: by whom, when, for whom, about what, and how much they appeal."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Flags,
    Floats,
    Ints,
    Random,
    draw_ids,
    draw_positions,
    draw_texts,
    instants,
    texts_at,
)
from assets.seeding.demo.people import People, draw_existing
from assets.seeding.demo.timeline import DAY, HOUR, Timeline, after, draw_instants
from assets.seeding.demo.words import load_phrases
from schema.vocabulary import MediaType, Visibility

POSTS_PER_USER_DAY = 0.09
# The last day has that many times the posts of the first.
GROWTH = 1.25
DELETED = 0.03
EDITED = 0.05
FEATURED = 0.01
HOSTILE = 0.01
LOCATED = 0.15
FAITHFUL_TO_TOPIC = 0.7

MEDIA_TYPES = (None, *MediaType)
MEDIA_WEIGHTS = (0.40, 0.38, 0.15, 0.04, 0.03)
MEDIA_APPEAL = np.array([0.8, 1.0, 1.6, 0.7, 0.5])
VISIBILITIES = tuple(Visibility)
VISIBILITY_WEIGHTS = (0.86, 0.03, 0.08, 0.03)
VISIBILITY_APPEAL = np.array([1.0, 0.0, 0.6, 0.25])


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts, oldest first; `appeal` is how many views they draw, relative to each other."""

    ids: pl.Series
    author: Ints
    created: Ints
    deleted: Ints
    media: Ints
    visibility: Ints
    appeal: Floats

    def __len__(self) -> int:
        """Number of posts."""
        return len(self.created)

    def seen_by(self, visibility: Visibility) -> Flags:
        """Which posts have that visibility."""
        seen: Flags = self.visibility == VISIBILITIES.index(visibility)
        return seen


def draw_posts(rng: Random, people: People, *, timeline: Timeline) -> Posts:
    """Invent the posts of the window and of some days before, which still draw attention in it."""
    story = (timeline.end - timeline.lead_in) // DAY
    wanted = max(2, round(len(people) * story * POSTS_PER_USER_DAY))
    created = np.sort(
        draw_instants(rng, wanted, start=timeline.lead_in, end=timeline.end, growth=GROWTH)
    )
    # A demo of one user and one day still shows a post of that day.
    created[-1] = max(created[-1], timeline.end - DAY // 2)
    author = draw_existing(rng, people, people.posting, created)
    lively = people.quiet_from[author] > created
    created, author = created[lively], author[lively]
    count = len(created)
    media = draw_positions(rng, count, MEDIA_WEIGHTS)
    visibility = draw_positions(rng, count, VISIBILITY_WEIGHTS)
    return Posts(
        ids=draw_ids(rng, count),
        author=author,
        created=created,
        deleted=_draw_deletions(rng, created, end=timeline.end),
        media=media,
        visibility=visibility,
        appeal=people.popularity[author] ** 0.5
        * rng.lognormal(0, 1.1, count)
        * MEDIA_APPEAL[media]
        * VISIBILITY_APPEAL[visibility],
    )


def post_rows(
    rng: Random, people: People, posts: Posts, *, counters: pl.DataFrame, timeline: Timeline
) -> pl.DataFrame:
    """The rows of `posts`, with the counters that follow from engagement and comments."""
    count = len(posts)
    content, tags = _draw_content(rng, people, posts)
    public = posts.seen_by(Visibility.PUBLIC)
    edited = after(rng, posts.created, mean=2 * HOUR)
    edited[rng.random(count) >= EDITED] = NEVER
    cities = draw_texts(rng, count, load_phrases()["cities"])
    return (
        pl.DataFrame(
            {
                "id": posts.ids,
                "user_id": people.ids.gather(posts.author),
                "content": content,
                "media_url": _media_urls(posts),
                "media_type": texts_at(MEDIA_TYPES, posts.media),
                "visibility": texts_at(VISIBILITIES, posts.visibility),
                "is_featured": pl.Series(public & (rng.random(count) < FEATURED)),
                "tags": tags,
                "location": cities.set(pl.Series(rng.random(count) >= LOCATED), None),
                "created_at": instants(posts.created),
                "updated_at": instants(edited, before=timeline.end),
                "deleted_at": instants(posts.deleted, before=timeline.end),
            }
        )
        .with_columns(updated_at=pl.max_horizontal("created_at", "updated_at", "deleted_at"))
        .hstack(counters)
    )


def media_url(numbers: pl.Expr) -> pl.Expr:
    """Where the media of a post is served."""
    return pl.format("https://cdn.example.invalid/media/{}", numbers)


def _draw_deletions(rng: Random, created: Ints, *, end: int) -> Ints:
    deletions = after(rng, created + 1, mean=2 * DAY)
    deletions[(rng.random(len(created)) >= DELETED) | (deletions >= end)] = NEVER
    return deletions


def _media_urls(posts: Posts) -> pl.Series:
    urls = pl.select(media_url(pl.int_range(len(posts)))).to_series()
    return urls.set(pl.Series(posts.media == 0), None)


def _draw_content(rng: Random, people: People, posts: Posts) -> tuple[pl.Series, pl.Series]:
    phrases, count = load_phrases(), len(posts)
    # People keep their language, and mostly their topic.
    languages = draw_positions(rng, len(people), list(phrases["languages"].values()))
    favourites = draw_positions(rng, len(people), list(phrases["topics"].values()))
    topic = np.where(
        rng.random(count) < FAITHFUL_TO_TOPIC,
        favourites[posts.author],
        draw_positions(rng, count, list(phrases["topics"].values())),
    )
    language = languages[posts.author]
    sentences = [
        phrases["sentences"][t][i] for t in phrases["topics"] for i in phrases["languages"]
    ]
    content = (
        _draw_within(rng, [phrases["openers"][i] for i in phrases["languages"]], language)
        + _draw_within(rng, sentences, topic * len(phrases["languages"]) + language)
        + draw_texts(rng, count, phrases["closers"])
    )
    hostile = pl.Series(rng.random(count) < HOSTILE)
    content = content.zip_with(~hostile, draw_texts(rng, count, phrases["hostile"]))
    return content, _draw_tags(rng, topic)


def _draw_within(rng: Random, groups: list[list[str]], group: Ints) -> pl.Series:
    sizes = np.array([len(options) for options in groups])
    starts = np.array([0, *accumulate(sizes)])[:-1]
    inside = (rng.random(len(group)) * sizes[group]).astype(np.int64)
    return texts_at([text for options in groups for text in options], starts[group] + inside)


def _draw_tags(rng: Random, topic: Ints) -> pl.Series:
    phrases = load_phrases()
    sets = [phrases["tags"][name][:size] for name in phrases["topics"] for size in range(4)]
    sizes = draw_positions(rng, len(topic), (0.35, 0.3, 0.2, 0.15))
    return pl.Series(sets, dtype=pl.List(pl.String)).gather(topic * 4 + sizes)
