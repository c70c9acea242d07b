"""Past days as examples: what was known of each post at their end, and what it then got."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import narwhals as nw
import polars as pl

from assets.ranking.candidates import (
    ON_POST,
    RankingTables,
    collect_candidates,
)
from assets.ranking.engagement_shape import WINDOW_DAYS
from assets.ranking.features import build_features
from assets.ranking.live_posts import live_posts
from assets.ranking.targets import engagement_of_day_after
from assets.ranking.weights import UNITS_PER_LIKE, honest_weight
from assets.resources.engine import run
from assets.resources.lazy_frames import LazyFrame
from schema.windows import DayRange

MOST_DAYS = 63
# Days before the oldest that the lake must hold: what is older matters little to most posts.
LEAST_HISTORY_DAYS = 7
# Beyond it a sample of the authors, each with all posts, so that their history stays whole.
MOST_EXAMPLES = 300_000
SAMPLE_SEED = 1
SAMPLE_STEPS = 10_000
# Days whose features are in memory at a time.
CHUNK_DAYS = 7
# What is asked of examples before it is known that there are none.
NOTHING = {"date": pl.Date(), "post_id": pl.Binary(), "age_hours": pl.Float64()}


@dataclass(frozen=True, slots=True)
class Past:
    """The tables of the days that end with the last one that has ended."""

    tables: RankingTables
    held: DayRange
    lazy: Callable[[pl.DataFrame], LazyFrame]


def example_days(held: DayRange) -> DayRange | None:
    """Days whose next day and enough of whose history are held; none where there are none."""
    last = held.last - timedelta(days=1)
    first = max(
        held.first + timedelta(days=LEAST_HISTORY_DAYS), last - timedelta(days=MOST_DAYS - 1)
    )
    return DayRange(first, last) if first <= last else None


def collect_examples(past: Past) -> pl.DataFrame:
    """One row per (date, post_id): features at the end of the date, `target` of the day after.

    Empty where the lake holds too few days.
    """
    days = example_days(past.held)
    if days is None:
        return pl.DataFrame(schema=NOTHING)
    tables = _sampled(past, days)
    return pl.concat(list(_pieces(tables, days)), how="vertical_relaxed")


def _pieces(tables: RankingTables, days: DayRange) -> Iterator[pl.DataFrame]:
    for piece in days.chunks(CHUNK_DAYS):
        features = build_features(collect_candidates(tables, days=piece))
        weighted = tables.post_engagement_hourly.select(*ON_POST, weighted=honest_weight())
        targets = run(engagement_of_day_after(weighted, days=piece))
        known = features.join(targets, on=ON_POST, how="left", maintain_order="left")
        yield known.with_columns(pl.col("target").fill_null(0) / UNITS_PER_LIKE)


def _sampled(past: Past, days: DayRange) -> RankingTables:
    """The tables whole, or those of a sample of the authors where they would be too many."""
    last = DayRange(days.last, days.last)
    posts = run(live_posts(past.tables.post_states, days=last, width=WINDOW_DAYS))
    share = MOST_EXAMPLES / max(1, posts.height * len(days))
    if share >= 1:
        return past.tables
    states = past.tables.post_states
    authors = run(states.select(author_id=nw.col("user_id")).unique())
    is_drawn = pl.col("author_id").hash(SAMPLE_SEED) % SAMPLE_STEPS < int(share * SAMPLE_STEPS)
    return _of_authors(past, past.lazy(authors.filter(is_drawn)))


def _of_authors(past: Past, authors: LazyFrame) -> RankingTables:
    """In memory: every piece of days would read the tables whole again to find the few rows."""

    def of(rows: LazyFrame, author: str) -> LazyFrame:
        drawn = rows.join(authors, left_on=author, right_on="author_id", how="semi")
        return past.lazy(run(drawn))

    tables = past.tables
    return RankingTables(
        of(tables.post_engagement_daily, "author_id"),
        of(tables.post_engagement_hourly, "author_id"),
        of(tables.post_audience_daily, "author_id"),
        of(tables.post_states, "user_id"),
        of(tables.follows, "following_id"),
    )
