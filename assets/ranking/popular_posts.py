"""The posts of the last seven days that lead by score, how they moved since yesterday, and why."""

import narwhals as nw
import polars as pl

from assets.ranking.public_posts import RANKED, WINDOW_DAYS, public_posts, rank_within_days
from assets.ranking.rank_movement import split_rank_changes
from assets.ranking.scored_days import Rows
from assets.resources.engine import run
from schema.tables.popular_posts import MAX_RANK, expected_cause, expected_reason
from schema.windows import DayRange

# Days before the first ranked day that the inputs must hold: scores of the day before it,
# and the states of posts that could be ranked then.
SCORES_LOOKBACK_DAYS = 1
STATES_LOOKBACK_DAYS = SCORES_LOOKBACK_DAYS + WINDOW_DAYS - 1
COLUMNS = ["date", "rank", "post_id", "author_id", "engagement_score", "idle_score", "created_at"]
# Which columns make up each column; the day comes from the partition.
MOVED = (*RANKED, "post_scores.idle_score")
SOURCES = {
    "rank": RANKED,
    "post_id": ["post_states.id"],
    "author_id": ["post_states.user_id"],
    "engagement_score": ["post_scores.post_id", "post_scores.engagement_score"],
    "created_at": ["post_states.created_at"],
    "rank_change": RANKED,
    "reason": RANKED,
    **dict.fromkeys(("own_growth", "decay", "others_growth", "eligibility", "main_cause"), MOVED),
}


def rank_popular_posts(post_scores: Rows, post_states: Rows, *, days: DayRange) -> Rows:
    """Rank, for each day, the live public posts of the 7 days that end with it.

    The day before is ranked from the same inputs, so that it does not matter which days ran.
    Ranks come from the engine; the movements between them are found in memory.
    """
    ranked_days = days.preceded_by(SCORES_LOOKBACK_DAYS)
    recent = public_posts(post_scores, post_states, days=ranked_days).filter(nw.col("is_recent"))
    ranking = run(rank_within_days(recent).select(COLUMNS))
    movements = split_rank_changes(ranking)
    listed = ranking.filter(pl.col("rank") <= MAX_RANK)
    popular = _with_movements(listed, movements).filter(pl.col("date") >= days.first)
    return nw.from_native(popular.sort("date", "rank").lazy())


def _with_movements(listed: pl.DataFrame, movements: pl.DataFrame) -> pl.DataFrame:
    """Add the movement of the posts that were listed the day before; of the others it is null."""
    before = listed.select(pl.col("date").dt.offset_by("1d"), "post_id", rank_before="rank")
    known = before.join(movements, on=["date", "post_id"], how="left")
    moved = listed.join(known, on=["date", "post_id"], how="left")
    changed = moved.with_columns(rank_change=pl.col("rank_before") - pl.col("rank"))
    return changed.with_columns(reason=expected_reason(), main_cause=expected_cause())
