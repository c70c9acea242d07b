"""Media files: what posts carry, and what never became a post."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    Ints,
    Random,
    draw_ids,
    draw_lognormal,
    draw_positions,
    draw_texts,
    instants,
    texts_at,
)
from assets.seeding.demo.people import People, draw_existing
from assets.seeding.demo.posts import MEDIA_TYPES, Posts, media_url
from assets.seeding.demo.timeline import MINUTE, SECOND, Timeline, draw_instants
from schema.vocabulary import ProcessingStatus

# Uploads that no post shows, per upload that one does.
UNPUBLISHED = 0.2
STATUSES = tuple(ProcessingStatus)
STATUS_WEIGHTS_OF_UNPUBLISHED = (0.12, 0.08, 0.35, 0.45)
COMPLETED = STATUSES.index(ProcessingStatus.COMPLETED)
PENDING = STATUSES.index(ProcessingStatus.PENDING)

MIME_TYPES = (None, "image/jpeg", "video/mp4", "audio/mpeg", "application/pdf")
EXTENSIONS = ("", "jpg", "mp4", "mp3", "pdf")
MEDIAN_BYTES = np.array([0, 900_000, 18_000_000, 4_000_000, 400_000])
MEDIAN_SECONDS = np.array([0, 0, 35, 140, 0])
IMAGE, VIDEO, AUDIO = 1, 2, 3
WIDTHS = (1080, 1200, 1440, 1920, 3024)
ORIGINAL_NAMES = (
    "IMG_2041",
    "holiday, day 3",
    "الصورة النهائية",
    "スクリーンショット",
    "../../etc/passwd",
    "\"><script>alert('file')</script>",
    "final FINAL (2)",
    "🌅",
)


@dataclass(frozen=True, slots=True)
class Media:
    """Uploads, oldest first; `kind` is a position in MEDIA_TYPES, `post` the post or -1."""

    ids: pl.Series
    user: Ints
    post: Ints
    kind: Ints
    status: Ints
    created: Ints


def draw_media(rng: Random, people: People, posts: Posts, *, timeline: Timeline) -> Media:
    """Invent the uploads."""
    shown = np.flatnonzero(posts.media > 0)
    lost = round(len(shown) * UNPUBLISHED)
    tried = np.sort(draw_instants(rng, lost, start=timeline.lead_in, end=timeline.end, growth=1.2))
    ahead = draw_lognormal(rng, len(shown), median=3 * MINUTE, sigma=0.8)
    author = posts.author[shown]
    uploaded = np.maximum(posts.created[shown] - ahead, people.created[author])
    created = np.concatenate([uploaded, tried])
    order = np.argsort(created, kind="stable")
    kinds = draw_positions(rng, lost, (0.6, 0.3, 0.06, 0.04)) + 1
    status = draw_positions(rng, lost, STATUS_WEIGHTS_OF_UNPUBLISHED)
    user = draw_existing(rng, people, people.posting, tried)
    return Media(
        ids=draw_ids(rng, len(order)),
        user=np.concatenate([author, user])[order],
        post=np.concatenate([shown, np.full(lost, -1)])[order],
        kind=np.concatenate([posts.media[shown], kinds])[order],
        status=np.concatenate([np.full(len(shown), COMPLETED), status])[order],
        created=created[order],
    )


def media_rows(rng: Random, people: People, media: Media, *, timeline: Timeline) -> pl.DataFrame:
    """The rows of `media_files`; size and shape are unknown until a file has been looked at."""
    count = len(media.created)
    width = np.asarray(WIDTHS)[rng.integers(0, len(WIDTHS), count)]
    height = (width * rng.uniform(0.5, 1.8, count)).astype(np.int64)
    size = (MEDIAN_BYTES[media.kind] * rng.lognormal(0, 0.9, count)).astype(np.int64)
    seconds = (MEDIAN_SECONDS[media.kind] * rng.lognormal(0, 0.7, count)).astype(np.int64) + 1
    done = np.minimum(media.created + 20 * SECOND, timeline.end - 1)
    known = media.status == COMPLETED
    seen = known & np.isin(media.kind, (IMAGE, VIDEO))
    heard = known & np.isin(media.kind, (VIDEO, AUDIO))
    names = texts_at(EXTENSIONS, media.kind)
    frame = pl.DataFrame(
        {
            "id": media.ids,
            "user_id": people.ids.gather(media.user),
            "original_name": draw_texts(rng, count, ORIGINAL_NAMES) + "." + names,
            "extension": names,
            "mime_type": texts_at(MIME_TYPES, media.kind),
            "file_size": pl.Series(size).set(pl.Series(media.status == PENDING), None),
            "width": pl.Series(width).set(pl.Series(~seen), None),
            "height": pl.Series(height).set(pl.Series(~seen), None),
            "duration": pl.Series(seconds).set(pl.Series(~heard), None),
            "post": pl.Series(media.post).set(pl.Series(media.post < 0), None),
            "processing_status": texts_at(STATUSES, media.status),
            "created_at": instants(media.created),
            "updated_at": instants(np.where(known, done, media.created)),
        }
    )
    return (
        frame.with_columns(
            filename=pl.format("{}.{}", pl.col("id").bin.encode("hex"), "extension"),
            metadata=pl.format('{{"kind": "{}"}}', texts_at(MEDIA_TYPES, media.kind)),
            cdn_url=media_url(pl.col("post")),
        )
        .with_columns(storage_path=pl.format("uploads/{}", "filename"))
        .drop("extension", "post")
    )
