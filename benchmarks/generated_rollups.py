"""Rollups of a believable platform, from a seed: what ranking reads of 93 days.

Authors, posts and the ages at which engagement comes are heavy-tailed; a few posts have bursts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from assets.ranking.candidates import LOOKBACK_DAYS
from assets.ranking.examples import MOST_DAYS
from assets.ranking.lifetime import SCALE_HOURS
from assets.ranking.model_days import INPUTS
from assets.resources.lake import Lake
from schema.tables.columns import conform
from schema.vocabulary import EngagementType, MediaType, Visibility
from schema.windows import DayRange, start_of

Numbers: TypeAlias = npt.NDArray[Any]

DAY = date(2024, 2, 29)
HELD = DayRange(DAY - timedelta(days=MOST_DAYS + LOOKBACK_DAYS), DAY)
# Posts older than the first day, so that it finds a platform in full swing.
EARLIER_DAYS = 30
MONTH_DAYS = 30
HOURS = 24
POSTS_PER_AUTHOR = 5
EVENTS_OF_A_POST = 8  # the median; the mean is three times as much
KINDS = [kind.value for kind in EngagementType]
SHARES = [0.09, 0.01, 0.02, 0.8, 0.06, 0.02]
FOLLOWS_PER_DAY = 5_000
# One cell of an hour in so many is a coordinated burst.
CELLS_PER_BURST = 20_000


@dataclass(frozen=True, slots=True)
class Posts:
    """Every post of all days: its author and its hour, counted from the first day's start."""

    authors: Numbers
    hours: Numbers
    ids: pl.Series
    author_ids: pl.Series


def make_rollups(root: Path, posts_of_month: int) -> None:
    """Publish the five tables that ranking reads, day by day."""
    rng, lake = np.random.default_rng(11), Lake(root)
    posts = _posts(rng, posts_of_month)
    events = _events(rng, posts)
    for number, day in enumerate(HELD):
        cells = events.filter(pl.col("day") == number)
        for table, frame in _tables(rng, posts, cells, number).items():
            rows = conform(frame.with_columns(date=pl.lit(day)), INPUTS[table])
            lake.publish(lake.stage(table, day, [rows], fence=1))


def ids(numbers: Numbers, kind: int) -> pl.Series:
    """16 bytes each, in no order."""
    text = pl.Series(numbers).hash(kind).cast(pl.String).str.pad_start(32, "0")
    return text.str.decode("hex")


def _posts(rng: np.random.Generator, of_month: int) -> Posts:
    count, authors = of_month // MONTH_DAYS, of_month // POSTS_PER_AUTHOR
    days = np.repeat(np.arange(-EARLIER_DAYS, len(HELD)), count)
    # Some authors post much more than others, and everybody more in the afternoon.
    author = (authors * rng.random(days.size) ** 1.5).astype(np.int64)
    hours = days * HOURS + rng.normal(15, 5, days.size) % HOURS
    numbers = np.arange(days.size)
    return Posts(author, hours, ids(numbers, 1), ids(np.arange(authors), 2))


def _events(rng: np.random.Generator, posts: Posts) -> pl.DataFrame:
    """One row per event: numbers of the day and of the post, hour and kind."""
    reach = rng.lognormal(0, 1.2, len(posts.author_ids))[posts.authors]
    liked = rng.lognormal(0, 1.0, posts.authors.size)
    counts = rng.poisson(EVENTS_OF_A_POST * reach * liked)
    post = np.repeat(np.arange(counts.size, dtype=np.int32), counts)
    share = rng.random(post.size)
    hour = np.floor(posts.hours[post] + SCALE_HOURS * ((1 - share) ** -0.5 - 1))
    kind = rng.choice(len(KINDS), post.size, p=SHARES).astype(np.int8)
    is_seen = (hour >= 0) & (hour < len(HELD) * HOURS)
    day, hour = np.divmod(hour[is_seen].astype(np.int32), HOURS)
    columns = {"day": day, "hour": hour, "post": post[is_seen], "kind": kind[is_seen]}
    return pl.DataFrame(columns).sort("day")


def _tables(
    rng: np.random.Generator, posts: Posts, events: pl.DataFrame, number: int
) -> dict[str, pl.DataFrame]:
    cells = _cells(rng, posts, events)
    new = np.flatnonzero(posts.hours // HOURS == number)
    touched = np.union1d(new, events["post"].unique().to_numpy())
    by_post = ["post_id", "author_id"]
    return {
        "post_engagement_hourly": cells,
        "post_engagement_daily": cells.group_by(*by_post, "engagement_type").agg(
            pl.col("audience_events", "audience_value").sum(), events=pl.sum("audience_events")
        ),
        "post_audience_daily": cells.group_by(by_post).agg(
            accounts=(pl.sum("audience_events") * 0.8).ceil(),
            coordinated_accounts=(pl.sum("coordinated_events") * 0.8).floor(),
        ),
        "post_states": _states(posts, touched),
        "follows": _follows(rng, posts, HELD.first + timedelta(days=number)),
    }


def _cells(rng: np.random.Generator, posts: Posts, events: pl.DataFrame) -> pl.DataFrame:
    cells = events.group_by("hour", "post", "kind").len().sort("hour", "post", "kind")
    post = cells["post"].to_numpy()
    is_burst = pl.Series(rng.integers(0, CELLS_PER_BURST, cells.height) == 0)
    count = pl.select(pl.when(is_burst).then(cells["len"] + 25).otherwise(cells["len"])).to_series()
    coordinated = count * is_burst
    return pl.DataFrame(
        {
            "hour": cells["hour"],
            "post_id": posts.ids.gather(post),
            "engagement_type": pl.Series(KINDS).gather(cells["kind"].cast(pl.UInt32)),
            "author_id": posts.author_ids.gather(posts.authors[post]),
            "audience_events": count,
            "audience_value": count * 100,
            "coordinated_events": coordinated,
            "coordinated_value": coordinated * 100,
        }
    )


def _states(posts: Posts, touched: Numbers) -> pl.DataFrame:
    media = [None, *(kind.value for kind in MediaType)]
    seconds = pl.Series((posts.hours[touched] * 3600).astype(np.int64))
    moments = (seconds * 1_000_000).cast(pl.Duration("us")) + pl.Series([start_of(HELD.first)])
    return pl.DataFrame(
        {
            "id": posts.ids.gather(touched),
            "user_id": posts.author_ids.gather(posts.authors[touched]),
            "visibility": pl.Series(list(_visibilities(touched)), dtype=pl.String),
            "media_type": pl.Series(media).gather(touched % len(media)),
            "created_at": moments,
            "deleted_at": pl.Series([None] * touched.size, dtype=moments.dtype),
        }
    )


def _visibilities(touched: Numbers) -> Iterator[str]:
    """One post in 20 for followers only."""
    kinds = np.where(touched % 20 == 0, Visibility.FOLLOWERS_ONLY, Visibility.PUBLIC)
    return iter(kinds.tolist())


def _follows(rng: np.random.Generator, posts: Posts, day: date) -> pl.DataFrame:
    authors = posts.authors[rng.integers(0, posts.authors.size, FOLLOWS_PER_DAY)]
    moments = pl.repeat(start_of(day), FOLLOWS_PER_DAY, eager=True)
    return pl.DataFrame(
        {
            "follower_id": ids(rng.integers(0, 2**62, FOLLOWS_PER_DAY), 3),
            "following_id": posts.author_ids.gather(authors),
            "created_at": moments,
            "deleted_at": pl.Series([None] * FOLLOWS_PER_DAY, dtype=moments.dtype),
        }
    )
