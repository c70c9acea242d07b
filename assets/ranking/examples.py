"""Past days as examples: what was known of each post at their end, and what it then got."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import narwhals as nw
import polars as pl

from assets.ranking.candidates import (
    LOOKBACK_DAYS,
    ON_POST,
    RankingTables,
    collect_candidates,
)
from assets.ranking.engagement_shape import WINDOW_DAYS
from assets.ranking.features import build_features
from assets.ranking.live_posts import count_live_posts
from assets.ranking.scored_days import Rows
from assets.ranking.targets import engagement_of_day_after
from assets.ranking.weights import UNITS_PER_LIKE, honest_weight
from assets.resources.engine import run
from assets.resources.lazy_frames import LazyFrame
from schema.windows import ONE_DAY, DayRange, consecutive

MOST_DAYS = 63
# Beyond it a sample of the authors, each with all posts, so that their history stays whole;
# of authors with more than this share of what is live, a sample of the posts.
MOST_EXAMPLES = 300_000
GIANT_SHARE = 0.01
SAMPLE_SEED = 1
SAMPLE_STEPS = 10_000
# Days of which one's live posts are counted: fewer than a post stays live without being touched.
COUNTED_EVERY = 21
# Days whose features are made at a time: more, where posts are few.
CHUNK_DAYS = 7
POSTS_AT_ONCE = 40_000
# What is asked of examples before it is known that there are none.
NOTHING = {
    "date": pl.Date(),
    "post_id": pl.Binary(),
    "age_hours": pl.Float64(),
    "target": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Past:
    """The tables of the days that end with the last one that has ended.

    Per day `touched` is rows of `post_states`, `eventful` rows that targets are made of. `made`:
    examples of each day and the first day that they look back on, from decisions before this one;
    what is missing is added.
    """

    tables: RankingTables
    held: DayRange
    touched: Mapping[date, int]
    eventful: Mapping[date, int]
    lazy: Callable[[pl.DataFrame], LazyFrame]
    made: dict[tuple[date, date], pl.DataFrame] = field(default_factory=dict)

    @property
    def days(self) -> DayRange | None:
        """Days of examples, whose next day and day before are held; none where there are none.

        Before anybody engages with a platform, its posts get nothing whatever they are like.
        """
        last = self.held.last - ONE_DAY
        begin = next((day for day in self.held if self.eventful.get(day)), self.held.last)
        newest = last - timedelta(days=MOST_DAYS - 1)
        first = max(self.held.first + ONE_DAY, begin, newest)
        return DayRange(first, last) if first <= last else None

    @property
    def rows_after(self) -> list[int]:
        """The rows that each day's targets are made of."""
        return [self.eventful.get(day + ONE_DAY, 0) for day in self.days or ()]

    def key(self, day: date) -> tuple[date, date]:
        """What tells a day's examples from others of it: the first day that they look back on."""
        return day, max(self.held.first, day - timedelta(days=LOOKBACK_DAYS))

    def most_posts(self, day: date) -> int:
        """What no day's live posts exceed: every touch in the window, as if each were a post."""
        window = DayRange(day, day).preceded_by(WINDOW_DAYS - 1)
        return sum(self.touched.get(earlier, 0) for earlier in window)


def collect_examples(past: Past) -> pl.DataFrame:
    """One row per (date, post_id): features at the end of the date, `target` of the day after.

    Empty where the lake holds too few days.
    """
    days = past.days
    if days is None:
        return pl.DataFrame(schema=NOTHING)
    tables = _sampled(past, days)
    # Those of a sample are of other authors each time.
    made = past.made if tables is past.tables else {}
    for key in [key for key in made if key[0] not in days]:
        del made[key]
    for piece in consecutive([day for day in days if past.key(day) not in made]):
        made |= {past.key(day): rows for day, rows in _make(past, tables, piece)}
    return pl.concat([made[past.key(day)] for day in days], how="vertical_relaxed")


def _make(past: Past, tables: RankingTables, days: DayRange) -> Iterator[tuple[date, pl.DataFrame]]:
    busiest = max(past.most_posts(day) for day in days)
    at_once = max(CHUNK_DAYS, min(MOST_DAYS, POSTS_AT_ONCE // max(1, busiest)))
    for piece in days.chunks(at_once):
        features = build_features(collect_candidates(tables, days=piece))
        weighted = tables.post_engagement_hourly.select(*ON_POST, weighted=honest_weight())
        targets = run(engagement_of_day_after(weighted, days=piece))
        known = features.join(targets, on=ON_POST, how="left", maintain_order="left")
        whole = known.with_columns(pl.col("target").fill_null(0) / UNITS_PER_LIKE)
        for day in piece:
            yield day, whole.filter(pl.col("date") == day)


def _sampled(past: Past, days: DayRange) -> RankingTables:
    """The tables whole, or those of a sample of the posts where they would be too many."""
    if sum(past.most_posts(day) for day in days) <= MOST_EXAMPLES:
        return past.tables
    share = MOST_EXAMPLES / max(1, _count_examples(past, days))
    if share >= 1:
        return past.tables
    return _of_posts(past, _drawn_posts(past.tables.post_states, share))


def _drawn_posts(states: Rows, share: float) -> pl.DataFrame:
    """One row per drawn post and author: those of drawn authors, and drawn ones of giants.

    An author that is drawn comes with all posts. One that has much of the platform, such as the
    only one of a catalogue, would bring nearly all examples or none.
    """
    touches = run(states.group_by("user_id").agg(touches=nw.len()))
    share_of_all = pl.col("touches") / pl.col("touches").sum()
    authors = touches.select("user_id", is_giant=share_of_all > GIANT_SHARE)
    posts = run(states.select("id", "user_id").unique()).join(authors, on="user_id")
    drawn_by = pl.when("is_giant").then("id").otherwise("user_id").hash(SAMPLE_SEED)
    is_drawn = drawn_by % SAMPLE_STEPS < int(share * SAMPLE_STEPS)
    return posts.filter(is_drawn).select(post_id="id", author_id="user_id")


def _count_examples(past: Past, days: DayRange) -> int:
    """About how many examples the days have, by the live posts in the middle of pieces of them."""
    return sum(len(piece) * _count_live_posts(past, piece) for piece in days.chunks(COUNTED_EVERY))


def _count_live_posts(past: Past, days: DayRange) -> int:
    middle = days.first + (days.last - days.first) // 2
    return count_live_posts(past.tables.post_states, day=middle, width=WINDOW_DAYS)


def _of_posts(past: Past, drawn: pl.DataFrame) -> RankingTables:
    """In memory: every piece of days would read the tables whole again to find the few rows."""
    posts = past.lazy(drawn.select("post_id"))
    authors = past.lazy(drawn.select("author_id").unique())

    def of(rows: Rows, wanted: Rows, column: str, name: str) -> Rows:
        return past.lazy(run(rows.join(wanted, left_on=column, right_on=name, how="semi")))

    tables = past.tables
    return RankingTables(
        of(tables.post_engagement_daily, posts, "post_id", "post_id"),
        of(tables.post_engagement_hourly, posts, "post_id", "post_id"),
        of(tables.post_audience_daily, posts, "post_id", "post_id"),
        of(tables.post_states, posts, "id", "post_id"),
        of(tables.follows, authors, "following_id", "author_id"),
    )
