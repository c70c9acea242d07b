"""The posts of the last seven days that lead by score, and how they moved since yesterday."""

import narwhals as nw

from assets.ranking.live_posts import live_posts
from assets.ranking.scored_days import Rows
from schema.tables.popular_posts import MAX_RANK, RankReason
from schema.vocabulary import Visibility
from schema.windows import DayRange

WINDOW_DAYS = 7
# Days before the first ranked day that the inputs must hold: scores of the day before it,
# and the states of posts that could be ranked then.
SCORES_LOOKBACK_DAYS = 1
STATES_LOOKBACK_DAYS = SCORES_LOOKBACK_DAYS + WINDOW_DAYS - 1


def rank_popular_posts(post_scores: Rows, post_states: Rows, *, days: DayRange) -> Rows:
    """Rank, for each day, the live public posts of the 7 days that end with it.

    The day before is ranked from the same inputs, so that it does not matter which days ran.
    """
    ranked_days = days.preceded_by(SCORES_LOOKBACK_DAYS)
    posts = live_posts(post_states, days=ranked_days, width=WINDOW_DAYS)
    scores = post_scores.select("date", "post_id", "engagement_score")
    eligible = posts.join(scores, on=["date", "post_id"]).filter(_is_eligible())
    ranking = _rank(eligible)
    before = ranking.select("post_id", number=nw.col("number") + 1, rank_before=nw.col("rank"))
    moved = ranking.join(before, on=["number", "post_id"], how="left")
    change = nw.col("rank_before") - nw.col("rank")
    return (
        moved.filter(nw.col("number") >= SCORES_LOOKBACK_DAYS)
        .select(
            "date",
            "rank",
            "post_id",
            "author_id",
            "engagement_score",
            "created_at",
            rank_change=change,
            reason=_reason(change),
        )
        .sort("date", "rank")
    )


def _is_eligible() -> nw.Expr:
    # Strictly after, as the platform's view has it: created_at > CURRENT_DATE - 7 days.
    is_recent = nw.col("created_at") > nw.col("opens_at")
    return is_recent & (nw.col("visibility") == Visibility.PUBLIC.value)


def _rank(eligible: Rows) -> Rows:
    """Number the posts of a day: best score first, then newest, then smallest id."""
    best_first = nw.col("engagement_score").rank("dense", descending=True).over("date")
    newest_first = nw.col("created_at").rank("dense", descending=True).over("date")
    placed = eligible.with_columns(by_score=best_first, by_age=newest_first)
    place = nw.col("post_id").cum_count().over("date", order_by=["by_score", "by_age", "post_id"])
    return placed.with_columns(rank=place.cast(nw.Int64)).filter(nw.col("rank") <= MAX_RANK)


def _reason(change: nw.Expr) -> nw.Expr:
    moved = nw.when(change > 0).then(nw.lit(RankReason.RISEN.value))
    stood = nw.when(change < 0).then(nw.lit(RankReason.FALLEN.value))
    told = moved.otherwise(stood.otherwise(nw.lit(RankReason.STEADY.value)))
    return nw.when(change.is_null()).then(nw.lit(RankReason.NEW.value)).otherwise(told)
