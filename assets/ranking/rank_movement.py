"""Why a post stands elsewhere than the day before: its change of rank, split by cause.

The causes happen one after the other, in the order of their definition, and the places that a post
gains by each add up to its change. Docs: decision 0012.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from schema.tables.popular_posts import RankCause
from schema.tables.post_scores import MAX_SCORE
from schema.windows import ONE_DAY

Keys: TypeAlias = npt.NDArray[np.int64]

HUNDREDTHS = 100
MAX_HUNDREDTHS = int(MAX_SCORE * HUNDREDTHS)
PARTS = [cause.value for cause in RankCause if cause != RankCause.NONE]
SCHEMA: dict[str, Any] = {"date": pl.Date, "post_id": pl.Binary, **dict.fromkeys(PARTS, pl.Int64)}


def split_rank_changes(eligible: pl.DataFrame) -> pl.DataFrame:
    """Split the change of rank of every post that was eligible the day before too.

    Reads `date`, `post_id`, `engagement_score`, `idle_score` and `created_at` of all eligible posts
    of some days. Answers (date, post_id) with the places gained by each cause.
    """
    columns = ["date", "post_id", "engagement_score", "idle_score", "created_at"]
    days = eligible.select(columns).partition_by("date", as_dict=True)
    moves = [
        _split_day(days[day - ONE_DAY,], posts)
        for (day,), posts in days.items()
        if (day - ONE_DAY,) in days
    ]
    return pl.concat(moves) if moves else pl.DataFrame(schema=SCHEMA)


def _split_day(day_before: pl.DataFrame, day: pl.DataFrame) -> pl.DataFrame:
    newest_first = _tie_break(day_before, day)
    before, now = (_with_keys(posts, newest_first) for posts in (day_before, day))
    stayed = now.join(before.select("post_id", before="now"), on="post_id")
    parts = _split(np.sort(before["now"].to_numpy()), stayed, np.sort(now["now"].to_numpy()))
    return stayed.select("date", "post_id").with_columns(
        pl.Series(name, places, dtype=pl.Int64) for name, places in parts.items()
    )


def _tie_break(*frames: pl.DataFrame) -> pl.DataFrame:
    """Number the posts of both days by what decides between equal scores."""
    births = pl.concat([frame.select("created_at", "post_id") for frame in frames]).unique()
    newest_first = births.sort("created_at", "post_id", descending=[True, False])
    return newest_first.with_row_index("tie")


def _with_keys(posts: pl.DataFrame, newest_first: pl.DataFrame) -> pl.DataFrame:
    """Put the total order (score, then newest, then id) into one integer, smaller for better.

    A score takes 34 bits, which leaves 29 for the tie-break: more posts than fit in memory.
    """
    tied = posts.join(newest_first, on=["created_at", "post_id"])
    tie, base = pl.col("tie").cast(pl.Int64), len(newest_first)
    now, idle = _missing("engagement_score"), _missing("idle_score")
    return tied.select("date", "post_id", now=now * base + tie, idle=idle * base + tie)


def _missing(score: str) -> pl.Expr:
    """Hundredths that a score lacks to the highest one."""
    return MAX_HUNDREDTHS - (pl.col(score) * HUNDREDTHS).cast(pl.Int64)


def _split(all_before: Keys, stayed: pl.DataFrame, all_now: Keys) -> dict[str, Keys]:
    """Places gained by the posts that stayed, per cause; one step of the story after the other."""
    before, idle, now = (stayed[name].to_numpy() for name in ("before", "idle", "now"))
    others_before = np.sort(before)
    start = _rank(all_before, before)
    without_leavers = _rank(others_before, before)
    faded = _rank_elsewhere(others_before, before, idle)
    grown = _rank_elsewhere(others_before, before, now)
    overtaken = _rank(np.sort(now), now)
    end = _rank(all_now, now)
    return {
        RankCause.OWN_GROWTH: faded - grown,
        RankCause.DECAY: without_leavers - faded,
        RankCause.OTHERS_GROWTH: grown - overtaken,
        RankCause.ELIGIBILITY: (start - without_leavers) + (overtaken - end),
    }


def _rank(field: Keys, keys: Keys) -> Keys:
    """Place of each key in a sorted field, 1 for the best."""
    return np.searchsorted(field, keys).astype(np.int64) + 1


def _rank_elsewhere(field: Keys, own: Keys, keys: Keys) -> Keys:
    """Place of each post if it alone moved from its own key to another one."""
    return _rank(field, keys) - (own < keys)
