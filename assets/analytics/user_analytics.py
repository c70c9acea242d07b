"""The daily numbers of every creator, as the platform's `user_analytics` table publishes them."""

import narwhals as nw

from assets.analytics.rows import Rows, matching, row_count, stackable, total
from schema.vocabulary import EngagementType

PROFILE_SOURCE = "profile"
NUMBERS = (
    "profile_views",
    "post_impressions",
    "post_engagements",
    "followers_gained",
    "followers_lost",
    "total_likes",
    "total_comments",
    "total_shares",
)
# Which columns make up each column; the day comes from the partition.
COUNTED = ("user_engagement.author_id", "user_engagement.engagement_type")
SOURCES = {
    "user_id": ["user_engagement.author_id", "follows.following_id", "unfollows.following_id"],
    "profile_views": [*COUNTED, "user_engagement.user_id", "user_engagement.source"],
    "post_impressions": COUNTED,
    "post_engagements": COUNTED,
    "followers_gained": ["follows.following_id"],
    "followers_lost": ["unfollows.following_id"],
    "total_likes": COUNTED,
    "total_comments": COUNTED,
    "total_shares": COUNTED,
}


def summarize_user_analytics(events: Rows, follows: Rows, unfollows: Rows) -> Rows:
    """Aggregate to one row per (date, user_id) with at least one non-zero number.

    `follows` holds the follows created on a day, those deleted since included; `unfollows` those
    deleted on a day.
    """
    parts = nw.concat(
        [
            _received(events),
            _profile_views(events),
            _follower_moves(follows, "followers_gained"),
            _follower_moves(unfollows, "followers_lost"),
        ]
    )
    daily = parts.group_by("date", "user_id").agg(*(total(number) for number in NUMBERS))
    return daily.sort("date", "user_id")


def _received(events: Rows) -> Rows:
    is_view = _is(EngagementType.VIEW)
    counted = events.group_by("date", "author_id").agg(
        post_impressions=matching(is_view),
        post_engagements=matching(~is_view),
        total_likes=matching(_is(EngagementType.LIKE)),
        total_comments=matching(_is(EngagementType.COMMENT)),
        total_shares=matching(_is(EngagementType.SHARE)),
    )
    return stackable(counted, NUMBERS, user="author_id")


def _profile_views(events: Rows) -> Rows:
    from_profile = events.filter(
        _is(EngagementType.VIEW), nw.col("source") == PROFILE_SOURCE
    ).select("date", "author_id", "user_id")
    viewers = from_profile.unique().group_by("date", "author_id").agg(profile_views=row_count())
    return stackable(viewers, NUMBERS, user="author_id")


def _follower_moves(rows: Rows, number: str) -> Rows:
    moves = rows.group_by("date", "following_id").agg(row_count().alias(number))
    return stackable(moves, NUMBERS, user="following_id")


def _is(kind: EngagementType) -> nw.Expr:
    return nw.col("engagement_type") == kind.value
