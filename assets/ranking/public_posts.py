"""Live public posts with their scores, and the order in which every list shows them."""

import narwhals as nw

from assets.ranking.live_posts import live_posts
from assets.ranking.scored_days import Rows
from schema.vocabulary import Visibility
from schema.windows import DayRange

WINDOW_DAYS = 7
YOUNG_HOURS = 24 * WINDOW_DAYS
# What decides which posts stand where.
RANKED = (
    *("post_scores.post_id", "post_scores.engagement_score"),
    *("post_states.id", "post_states.visibility", "post_states.created_at"),
    "post_states.deleted_at",
)


def public_posts(post_scores: Rows, post_states: Rows, *, days: DayRange) -> Rows:
    """Scored live public posts of each day; `is_recent` tells those of the 7 days that end with it.

    Older ones are there if they were touched in these days, as all are that somebody engaged with.
    """
    posts = live_posts(post_states, days=days, width=WINDOW_DAYS)
    scores = post_scores.select("date", "post_id", "engagement_score", "idle_score")
    # Strictly after, as the platform's view has it: created_at > CURRENT_DATE - 7 days.
    recent = nw.col("created_at") > nw.col("opens_at")
    return (
        posts.filter(nw.col("visibility") == Visibility.PUBLIC.value)
        .join(scores, on=["date", "post_id"])
        .with_columns(is_recent=recent)
    )


def rank_within_days(posts: Rows) -> Rows:
    """Number the posts of each day: best score first, then newest, then smallest id."""
    best_first = nw.col("engagement_score").rank("dense", descending=True).over("date")
    newest_first = nw.col("created_at").rank("dense", descending=True).over("date")
    placed = posts.with_columns(by_score=best_first, by_age=newest_first)
    place = nw.col("post_id").cum_count().over("date", order_by=["by_score", "by_age", "post_id"])
    return placed.with_columns(rank=place.cast(nw.Int64)).drop("by_score", "by_age")
