"""Score of every post that people may engage with tomorrow."""

import narwhals as nw

from assets.ranking.live_posts import live_posts
from assets.ranking.prior import WINDOW_DAYS, expect_engagement
from assets.ranking.scored_days import Rows
from schema.windows import DayRange

# Days before the first scored day that both inputs must hold.
LOOKBACK_DAYS = WINDOW_DAYS - 1


def score_posts(post_engagement: Rows, post_states: Rows, *, days: DayRange) -> Rows:
    """Score, for each day, the live posts created or engaged with in the 30 days that end with it.

    Both inputs hold `days` and the `LOOKBACK_DAYS` before; later rows change nothing.
    """
    expected = expect_engagement(post_engagement, days=days)
    posts = live_posts(post_states, days=days, width=WINDOW_DAYS)
    candidates = posts.join(expected, on=["date", "post_id"], how="left").filter(
        (nw.col("created_at") >= nw.col("opens_at")) | ~nw.col("expected").is_null()
    )
    score, from_day = _or_nothing("expected"), _or_nothing("expected_from_day")
    return candidates.select(
        "date",
        "post_id",
        "author_id",
        engagement_score=score,
        score_from_day=from_day,
        score_from_earlier=(score - from_day).cast(nw.Decimal(10, 2)),
    ).sort("date", "post_id")


def _or_nothing(name: str) -> nw.Expr:
    nothing = nw.lit(0).cast(nw.Decimal(10, 2))
    return nw.when(nw.col(name).is_null()).then(nothing).otherwise(nw.col(name))
