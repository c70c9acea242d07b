"""Posts to be put in order at the end of each day, and what they then got in the day after."""

import narwhals as nw
import polars as pl

from assets.ranking.live_posts import live_posts
from assets.ranking.looked_up import looked_up
from assets.ranking.public_posts import WINDOW_DAYS
from assets.ranking.scored_days import Rows, is_looked_back_on, look_back
from assets.ranking.targets import engagement_of_day_after
from assets.ranking.weights import UNITS_PER_LIKE, WEIGHTS, honest_weight
from schema.tables.post_engagement_hourly import HOURS
from schema.windows import ONE_DAY, DayRange

# Posts are judged while they are young; their engagement and their authors' is seen further.
HISTORY_DAYS = 30
LAST_HOURS = 6

# Engagement is summed in 1/10,000 of a LIKE, decayed engagement in 2^-20 of that: in integers, so
# that neither engines nor orders of rows can differ.
DECAY_SCALE = 1 << 20
HALF_LIFE_HOURS = 24
# 3 million LIKEs: more of a type and an hour would, times the scale and summed, leave 64 bits.
MOST_DECAYED = (1 << 62) // (DECAY_SCALE * HOURS * len(WEIGHTS))
# As many binary digits as there are days.
LOWER_PART = 1 << HISTORY_DAYS

AMOUNTS = ("weighted", "last_day", "last_hours", "decayed", "author_weighted")
PREDICTIONS = ("engagement_score", "prior_score", "lower_score", "upper_score")


def judged_posts(
    post_scores: Rows, post_states: Rows, post_engagement: Rows, *, days: DayRange
) -> Rows:
    """Pair the scores of each day's young live posts with what the posts had got, and got next.

    One row per (date, post_id): the published predictions, engagement up to the end of D, and
    `target`, that of D+1. Reads scores of the days, states of the 6 days before as well, and
    `post_engagement_hourly` from 29 days before to the day after; later rows change nothing.
    """
    amounts = weigh_posts_per_day(post_engagement)
    posts = live_posts(post_states, days=days, width=WINDOW_DAYS)
    scores = post_scores.select("date", "post_id", "model_id", *PREDICTIONS)
    scored = posts.filter(nw.col("created_at") >= nw.col("opens_at")).join(
        scores, on=["date", "post_id"]
    )
    known = scored.join(
        engagement_so_far(amounts, days=days), on=["date", "post_id"], how="left"
    ).join(author_engagement(amounts, days=days), on=["date", "author_id"], how="left")
    judged = known.join(
        engagement_of_day_after(amounts, days=days), on=["date", "post_id"], how="left"
    )
    return judged.select(
        "date",
        "post_id",
        "author_id",
        "created_at",
        "model_id",
        *PREDICTIONS,
        *(_or_nothing(name) for name in (*AMOUNTS, "target")),
    ).sort("date", "post_id")


def weigh_posts_per_day(post_engagement: Rows) -> Rows:
    """Sum the weighted engagement of each post and day, without coordinated events.

    `last_hours` is the part of the day's last 6 hours, `decayed` what is left of all at its end.
    """
    is_late = nw.col("hour") >= HOURS - LAST_HOURS
    cells = post_engagement.select(
        "date", "post_id", "author_id", "hour", weighted=honest_weight()
    ).with_columns(
        last_hours=nw.when(is_late).then(nw.col("weighted")).otherwise(0),
        decayed=_clipped("weighted") * _by_value("hour", _left_at_the_end_of_the_day()),
    )
    sums = cells.group_by("date", "post_id", "author_id").agg(
        nw.col("weighted", "last_hours", "decayed").sum()
    )
    return sums.with_columns(nw.col("weighted", "last_hours", "decayed").cast(nw.Int64))


def engagement_so_far(amounts: Rows, *, days: DayRange) -> Rows:
    """Sum, for each day, what posts got in the 30 days that end with it."""
    is_last_day = nw.col("age") == 0
    parts = _looking_back(amounts, days).select(
        "post_id",
        "weighted",
        date="scored_on",
        last_day=nw.when(is_last_day).then(nw.col("weighted")).otherwise(0),
        last_hours=nw.when(is_last_day).then(nw.col("last_hours")).otherwise(0),
        decayed=_halved("decayed", times="age"),
    )
    names = ("weighted", "last_day", "last_hours", "decayed")
    sums = parts.group_by("date", "post_id").agg(nw.col(*names).sum())
    return sums.with_columns(nw.col(*names).cast(nw.Int64))


def author_engagement(amounts: Rows, *, days: DayRange) -> Rows:
    """Sum, for each day, what all posts of an author got in the 30 days that end with it."""
    per_day = amounts.group_by("date", "author_id").agg(nw.col("weighted").sum())
    sums = (
        _looking_back(per_day, days)
        .group_by("scored_on", "author_id")
        .agg(author_weighted=nw.col("weighted").sum())
    )
    return sums.select(
        "author_id", date="scored_on", author_weighted=nw.col("author_weighted").cast(nw.Int64)
    )


def in_likes(judged: pl.DataFrame) -> pl.DataFrame:
    """Collected rows with every amount in LIKEs, and `age_s`, seconds from creation to end of D."""
    day_end = (pl.col("date") + ONE_DAY).cast(pl.Datetime("us", "UTC"))
    likes = {name: pl.col(name) / UNITS_PER_LIKE for name in (*AMOUNTS, "target")}
    likes["decayed"] /= DECAY_SCALE
    return judged.with_columns(
        pl.col(*PREDICTIONS).cast(pl.Float64),
        **likes,
        age_s=(day_end - pl.col("created_at")).dt.total_microseconds() / 1e6,
    )


def _looking_back(amounts: Rows, days: DayRange) -> Rows:
    windows = look_back(amounts, days, width=HISTORY_DAYS)
    seen = amounts.filter(is_looked_back_on(days, width=HISTORY_DAYS))
    return seen.join(windows, on="date")


def _clipped(amount: str) -> nw.Expr:
    return nw.col(amount).clip(-MOST_DECAYED, MOST_DECAYED)


def _left_at_the_end_of_the_day() -> dict[int, int]:
    """Of an event taken to have happened at the end of its hour, in 1/DECAY_SCALE."""
    hours_since = {hour: HOURS - 1 - hour for hour in range(HOURS)}
    return {
        hour: round(DECAY_SCALE * 0.5 ** (since / HALF_LIFE_HOURS))
        for hour, since in hours_since.items()
    }


def _halved(amount: str, *, times: str) -> nw.Expr:
    """The amount halved so many times, rounded down, in parts that are exact as floats.

    Spark divides in floats, which beyond 2^53 would be off.
    """
    low = nw.col(amount) % LOWER_PART
    high = ((nw.col(amount) - low) / LOWER_PART).cast(nw.Int64)
    ages = range(HISTORY_DAYS)
    return high * _by_value(times, {age: LOWER_PART >> age for age in ages}) + low // _by_value(
        times, {age: 1 << age for age in ages}
    )


def _by_value(name: str, values: dict[int, int]) -> nw.Expr:
    return looked_up(nw.col(name), values).cast(nw.Int64)


def _or_nothing(name: str) -> nw.Expr:
    return nw.col(name).fill_null(0)
