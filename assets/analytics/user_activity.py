"""Who was active on a day, and how: the rollup behind every rolling and returning figure."""

import narwhals as nw

from assets.analytics.rows import Rows, row_count, stackable, total

ORDER = ("date", "user_id")
ACTIVITIES = ("engagements", "posts", "comments", "follows")
# Which columns make up each column; the day comes from the partition.
SOURCES = {
    "user_id": [
        *("user_engagement.user_id", "posts.user_id", "comments.user_id", "follows.follower_id"),
    ],
    "engagements": ["user_engagement.user_id"],
    "posts": ["posts.user_id"],
    "comments": ["comments.user_id"],
    "follows": ["follows.follower_id"],
}


def summarize_user_activity(events: Rows, posts: Rows, comments: Rows, follows: Rows) -> Rows:
    """Aggregate to one row per (date, user_id) with any engagement, post, comment or new follow.

    `follows` holds the follows created on a day, those deleted since included.
    """
    acts = nw.concat(
        [
            _acts(events, "engagements", actor="user_id"),
            _acts(posts, "posts", actor="user_id"),
            _acts(comments, "comments", actor="user_id"),
            _acts(follows, "follows", actor="follower_id"),
        ]
    )
    daily = acts.group_by("date", "user_id").agg(*(total(activity) for activity in ACTIVITIES))
    return daily.sort(*ORDER)


def _acts(rows: Rows, activity: str, *, actor: str) -> Rows:
    counted = rows.group_by("date", actor).agg(row_count().alias(activity))
    return stackable(counted, ACTIVITIES, user=actor)
