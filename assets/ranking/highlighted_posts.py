"""Lists beside the popular posts: more authors, smaller authors, older posts."""

import narwhals as nw

from assets.ranking.public_posts import RANKED, WINDOW_DAYS, public_posts, rank_within_days
from assets.ranking.scored_days import Rows
from schema.tables.highlighted_posts import MAX_HIGHLIGHTED, MAX_PER_AUTHOR, HighlightList
from schema.windows import DayRange

# Days before the first listed day that the states must hold; of the scores, none.
STATES_LOOKBACK_DAYS = WINDOW_DAYS - 1
COLUMNS = ["date", "list", "rank", "post_id", "author_id", "engagement_score", "created_at"]
# Which columns make up each column; the day comes from the partition.
SOURCES = {
    "rank": [
        *RANKED,
        *("post_scores.author_id", "post_scores.idle_score", "post_states.user_id"),
    ],
    "post_id": ["post_states.id"],
    "author_id": ["post_states.user_id"],
    "engagement_score": ["post_scores.post_id", "post_scores.engagement_score"],
    "created_at": ["post_states.created_at"],
}


def highlight_posts(post_scores: Rows, post_states: Rows, *, days: DayRange) -> Rows:
    """List, for each day, posts that the popular ones leave in the shade."""
    posts = public_posts(post_scores, post_states, days=days)
    recent = rank_within_days(posts.filter(nw.col("is_recent")))
    older = rank_within_days(posts.filter(~nw.col("is_recent"), _was_engaged_with()))
    lists = {
        HighlightList.DIVERSE: _few_per_author(recent),
        HighlightList.SMALL_CREATORS: _by_small_creators(recent, post_scores),
        HighlightList.RESURFACING: older,
    }
    first = [_take_first(ranked, name) for name, ranked in lists.items()]
    return nw.concat(first).sort("date", "list", "rank")


def _was_engaged_with() -> nw.Expr:
    return nw.col("engagement_score") > nw.col("idle_score")


def _few_per_author(ranked: Rows) -> Rows:
    place = nw.col("rank").cum_count().over("date", "author_id", order_by="rank")
    return ranked.with_columns(of_author=place).filter(nw.col("of_author") <= MAX_PER_AUTHOR)


def _by_small_creators(ranked: Rows, post_scores: Rows) -> Rows:
    """Keep posts with a score whose author has little beside them.

    The post itself does not count: a success would take a small creator off the list at once.
    """
    sums = _sum_per_author(post_scores)
    median = (
        sums.filter(nw.col("of_author") > 0)
        .group_by("date")
        .agg(nw.col("of_author").median().alias("median"))
    )
    compared = ranked.join(sums, on=["date", "author_id"]).join(median, on="date")
    others = nw.col("of_author") - _hundredths()
    return compared.filter(nw.col("engagement_score") > 0, others < nw.col("median"))


def _sum_per_author(post_scores: Rows) -> Rows:
    scored = post_scores.select("date", "author_id", of_author=_hundredths())
    summed = scored.group_by("date", "author_id").agg(nw.col("of_author").sum())
    return summed.with_columns(nw.col("of_author").cast(nw.Int64))


def _hundredths() -> nw.Expr:
    # In integers, so that no order of rows shows in a sum.
    return (nw.col("engagement_score") * 100).cast(nw.Int64)


def _take_first(ranked: Rows, name: HighlightList) -> Rows:
    place = nw.col("rank").cum_count().over("date", order_by="rank").cast(nw.Int64)
    listed = ranked.with_columns(rank=place, list=nw.lit(name.value))
    return listed.filter(nw.col("rank") <= MAX_HIGHLIGHTED).select(COLUMNS)
