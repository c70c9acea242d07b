"""What happens to each table when an account is erased.

A table with a reference to accounts or their content has a rule here; a test walks the catalogue
and the contracts, and names those that have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class IdKind(StrEnum):
    """Whose row an id is: the table of the platform.

    An id alone tells of nobody: account 7, post 7 and comment 7 of a load are one UUID.
    """

    USERS = "users"
    POSTS = "posts"
    COMMENTS = "comments"
    MEDIA = "media_files"
    CASES = "content_moderation"


# Of what an account makes: these get tombstones as the account does.
CONTENT_KINDS = (IdKind.POSTS, IdKind.COMMENTS, IdKind.MEDIA)


@dataclass(frozen=True, slots=True)
class LakeRule:
    """Rows of a lake table go when one of these columns holds such an id, of the column's kind.

    `counts_for`: whose numbers a row counts in. `owned`: owner and thing, where the table knows
    content that the platform may have forgotten.
    """

    named_by: Mapping[str, IdKind]
    counts_for: str | None = None
    owned: tuple[str, str] | None = None


def _named(**columns: IdKind) -> Mapping[str, IdKind]:
    return MappingProxyType(columns)


USERS, POSTS, COMMENTS = IdKind.USERS, IdKind.POSTS, IdKind.COMMENTS
POST_OF_AUTHOR = _named(post_id=POSTS, author_id=USERS)

LAKE_RULES = MappingProxyType(
    {
        "users": LakeRule(_named(id=USERS), "id"),
        "late_accounts": LakeRule(_named(id=USERS), "id"),
        "posts": LakeRule(_named(id=POSTS, user_id=USERS), "user_id", ("user_id", "id")),
        "post_states": LakeRule(_named(id=POSTS, user_id=USERS), "user_id", ("user_id", "id")),
        "comments": LakeRule(
            _named(id=COMMENTS, post_id=POSTS, user_id=USERS, parent_id=COMMENTS),
            "user_id",
            ("user_id", "id"),
        ),
        "follows": LakeRule(_named(follower_id=USERS, following_id=USERS), "following_id"),
        "unfollows": LakeRule(_named(follower_id=USERS, following_id=USERS), "following_id"),
        "user_engagement": LakeRule(
            _named(user_id=USERS, post_id=POSTS, author_id=USERS), "author_id"
        ),
        "media_files": LakeRule(_named(id=IdKind.MEDIA, user_id=USERS), "user_id"),
        "session_states": LakeRule(_named(user_id=USERS), "user_id"),
        "moderation_states": LakeRule(_named(id=IdKind.CASES)),
        "user_activity": LakeRule(_named(user_id=USERS)),
        "post_engagement_daily": LakeRule(POST_OF_AUTHOR),
        "post_engagement_hourly": LakeRule(POST_OF_AUTHOR),
        "post_audience_daily": LakeRule(POST_OF_AUTHOR),
        "author_audience_daily": LakeRule(_named(author_id=USERS, user_id=USERS)),
        "user_analytics": LakeRule(_named(user_id=USERS)),
        "post_scores": LakeRule(POST_OF_AUTHOR, owned=("author_id", "post_id")),
        "score_receipts": LakeRule(_named(post_id=POSTS)),
        "popular_posts": LakeRule(POST_OF_AUTHOR),
        "highlighted_posts": LakeRule(POST_OF_AUTHOR),
    }
)

# Lake tables that hold no row of anybody: totals, and models (trees and numbers, no examples).
LAKE_TABLES_OF_NOBODY = frozenset({"system_metrics", "engagement_models"})

# Months of the cold store: those that name the account or its posts are written anew.
COLD_TABLES = frozenset({"archived_engagement"})

# Tables of the platform, in the order in which batches of their rows are deleted: what would bring
# the person back in first, the account itself last, after what has a rule of its own.
PLATFORM_BATCHES = (
    "user_sessions",
    "password_reset_tokens",
    "content_moderation",
    "user_followers",
    "feed_items",
    "user_engagement",
    "user_engagement_archive",
    "user_engagement_keys",
    "comments",
    "media_files",
    "user_analytics",
    "posts",
    "users",
)

# Tables whose rows go with a row of another, or by a rule of their own, and which one.
OTHER_PLATFORM_RULES = MappingProxyType(
    {
        "audit_log": "rows that name the account are deleted, the actor of others is forgotten",
        "popular_posts": "refreshed after the account is gone",
        "pipeline.post_deletions": "deleted before the account, and again after it: its posts, too",
        "pipeline.source_changes": "foreign key, ON DELETE CASCADE",
        "pipeline.restatements": "foreign key, ON DELETE CASCADE",
        "pipeline.report_preferences": "foreign key, ON DELETE CASCADE",
        "pipeline.report_deliveries": "foreign key, ON DELETE CASCADE",
    }
)
