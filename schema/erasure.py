"""What happens to each table when an account is erased.

A table with a reference to accounts or their content has a rule here; a test walks the catalogue
and the contracts, and names those that have none.
"""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class LakeRule:
    """Rows of a lake table go when one of these columns holds an id of the account or its content.

    `counts_for`: whose numbers a row counts in. `owned`: owner and thing, where the table knows
    content that the platform may have forgotten.
    """

    named_by: tuple[str, ...]
    counts_for: str | None = None
    owned: tuple[str, str] | None = None


LAKE_RULES = MappingProxyType(
    {
        "users": LakeRule(("id",), "id"),
        "late_accounts": LakeRule(("id",), "id"),
        "posts": LakeRule(("id", "user_id"), "user_id", ("user_id", "id")),
        "post_states": LakeRule(("id", "user_id"), "user_id", ("user_id", "id")),
        "comments": LakeRule(
            ("id", "post_id", "user_id", "parent_id"), "user_id", ("user_id", "id")
        ),
        "follows": LakeRule(("follower_id", "following_id"), "following_id"),
        "unfollows": LakeRule(("follower_id", "following_id"), "following_id"),
        "user_engagement": LakeRule(("user_id", "post_id", "author_id"), "author_id"),
        "media_files": LakeRule(("id", "user_id"), "user_id"),
        "session_states": LakeRule(("user_id",), "user_id"),
        "moderation_states": LakeRule(("id",)),
        "user_activity": LakeRule(("user_id",)),
        "post_engagement_daily": LakeRule(("post_id", "author_id")),
        "post_engagement_hourly": LakeRule(("post_id", "author_id")),
        "post_audience_daily": LakeRule(("post_id", "author_id")),
        "author_audience_daily": LakeRule(("author_id", "user_id")),
        "user_analytics": LakeRule(("user_id",)),
        "post_scores": LakeRule(("post_id", "author_id"), owned=("author_id", "post_id")),
        "score_receipts": LakeRule(("post_id",)),
        "popular_posts": LakeRule(("post_id", "author_id")),
        "highlighted_posts": LakeRule(("post_id", "author_id")),
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
        "pipeline.source_changes": "foreign key, ON DELETE CASCADE",
        "pipeline.restatements": "foreign key, ON DELETE CASCADE",
        "pipeline.report_preferences": "foreign key, ON DELETE CASCADE",
        "pipeline.report_deliveries": "foreign key, ON DELETE CASCADE",
    }
)
