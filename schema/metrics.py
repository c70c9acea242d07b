"""Registry of every published number: what it means, its unit, and when it is zero or absent."""

from collections.abc import Iterable

from schema.metric import NEVER_ABSENT, UNTAGGED, Metric, tag
from schema.vocabulary import EngagementType

RETENTION_DAYS = (1, 7, 30)
ACTIVE_WINDOWS = {"daily_active_users": 1, "weekly_active_users": 7, "monthly_active_users": 30}
LIFECYCLE_STATES = ("new", "returning", "resurrected", "dormant")
TEXT_ONLY = "TEXT"

ROW_RULE = "never: 0; a creator whose numbers are all 0 on a day has no row"
ACTIVE = "active = any engagement, post, comment or new follow by that user"


def _count(name: str, unit: str, definition: str, *source: str) -> Metric:
    return Metric(name, unit, definition, source, always=(UNTAGGED,))


def _creator_number(name: str, unit: str, definition: str, *source: str) -> Metric:
    return Metric(name, unit, definition, source, absent_when=ROW_RULE, table="user_analytics")


ACTIVE_USERS = tuple(
    _count(
        name,
        "users",
        f"distinct active users in the {days} days that end with D; {ACTIVE}",
        "user_activity",
    )
    for name, days in ACTIVE_WINDOWS.items()
)

SYSTEM_METRICS: tuple[Metric, ...] = (
    *ACTIVE_USERS,
    Metric(
        "stickiness",
        "ratio",
        "daily / monthly active users",
        ("user_activity",),
        absent_when="nobody was active in the 30 days that end with D",
        most=1,
    ),
    _count("new_users", "users", "users created on D", "users"),
    Metric(
        "posts_created",
        "posts",
        'posts created on D: all, and per media type (no media = "TEXT")',
        ("posts",),
        absent_when="never for all posts; a media type: no post of D has it",
        tags=("media_type",),
        always=(UNTAGGED,),
    ),
    _count("comments_created", "comments", "comments created on D", "comments"),
    _count("follows", "follows", "follows created on D, those deleted since included", "follows"),
    _count("unfollows", "follows", "follows deleted on D", "unfollows"),
    Metric(
        "engagement_events",
        "events",
        "engagement events on D per type",
        ("post_engagement_daily",),
        tags=("type",),
        always=tuple(tag("type", kind.value) for kind in EngagementType),
    ),
    Metric(
        "engagement_rate",
        "ratio",
        "non-VIEW events / VIEW events on D",
        ("post_engagement_daily",),
        absent_when="there was no VIEW on D",
    ),
    _count("active_creators", "users", "distinct authors of posts created on D", "posts"),
    Metric(
        "retention_rate",
        "ratio",
        f"share of users created on D-n who were active on D; {ACTIVE}",
        ("users", "user_activity"),
        absent_when="no user was created on D-n",
        tags=("day",),
        most=1,
    ),
    Metric(
        "user_lifecycle",
        "users",
        "new: created on D; returning: active on D and on D-1; resurrected: active on D, not on "
        "D-1, created before D; dormant: active on D-1, not on D",
        ("users", "late_accounts", "user_activity"),
        tags=("state",),
        always=tuple(tag("state", state) for state in LIFECYCLE_STATES),
    ),
    Metric(
        "exposure_gini",
        "coefficient, 0 to 1",
        "Gini coefficient of VIEWs over creators with at least one VIEW on D",
        ("post_engagement_daily",),
        absent_when="there was no VIEW on D",
        most=1,
    ),
    Metric(
        "response_hours_median",
        "hours",
        "hours from a post created on D-1 to its first comment by someone else, over the posts "
        "that had one by the end of D",
        ("posts", "comments"),
        absent_when="no post of D-1 had one by the end of D",
    ),
    Metric(
        "moderation_pending",
        "cases",
        "cases created before the end of D and not reviewed by then",
        ("moderation_states",),
        absent_when="no case of that content type is pending",
        tags=("content_type",),
    ),
    Metric(
        "moderation_decided",
        "cases",
        "cases reviewed on D",
        ("moderation_states",),
        absent_when="no case of that content type was reviewed on D",
        tags=("content_type",),
    ),
    Metric(
        "moderation_hours_median",
        "hours",
        "median hours from creation to review of the cases reviewed on D; negative where the "
        "platform has them reviewed before they were created",
        ("moderation_states",),
        absent_when="no case of that content type with a time of creation was reviewed on D",
        tags=("content_type",),
        least=None,
    ),
    Metric(
        "media_uploads",
        "files",
        "uploads of D per processing status",
        ("media_files",),
        absent_when="no upload of D has that status",
        tags=("status",),
    ),
    Metric(
        "media_bytes",
        "bytes",
        "bytes uploaded on D; an unknown size counts 0",
        ("media_files",),
        absent_when=f"{NEVER_ABSENT}; above 99,999,999,999, which metric_value cannot hold",
        always=(UNTAGGED,),
    ),
    _count("active_sessions", "sessions", "sessions alive at the end of D", "session_states"),
    _count("new_sessions", "sessions", "sessions created on D", "session_states"),
    Metric(
        "ingest_rows",
        "rows",
        "rows of D that the pipeline itself read",
        ("ingest",),
        absent_when="D of that table has not been ingested",
        tags=("table",),
    ),
    Metric(
        "ingest_lag_seconds",
        "seconds",
        "from the end of D to the first snapshot that saw all of it; 0 when D had not ended",
        ("ingest",),
        absent_when="D of that table has not been ingested",
        tags=("table",),
        least=None,
    ),
    Metric(
        "day_final",
        "0 or 1",
        "whether D is final (1) or provisional (0)",
        ("ingest",),
        absent_when="D of that table has not been ingested",
        tags=("table",),
        most=1,
    ),
)

USER_ANALYTICS: tuple[Metric, ...] = (
    _creator_number(
        "profile_views",
        "accounts",
        "distinct viewers on D whose VIEW of one of the user's posts has "
        "metadata->>'source' = 'profile'",
        "user_engagement",
    ),
    _creator_number(
        "post_impressions", "events", "VIEW events on D on the user's posts", "user_engagement"
    ),
    _creator_number(
        "post_engagements",
        "events",
        "LIKE + SHARE + COMMENT + CLICK + SAVE events on D on the user's posts",
        "user_engagement",
    ),
    _creator_number(
        "followers_gained",
        "follows",
        "follows of the user created on D, those deleted since included",
        "follows",
    ),
    _creator_number("followers_lost", "follows", "follows of the user deleted on D", "unfollows"),
    *(
        _creator_number(
            column, "events", f"{kind.value} events on D on the user's posts", "user_engagement"
        )
        for column, kind in (
            ("total_likes", EngagementType.LIKE),
            ("total_comments", EngagementType.COMMENT),
            ("total_shares", EngagementType.SHARE),
        )
    ),
)

METRICS = SYSTEM_METRICS + USER_ANALYTICS
BY_NAME = {metric.name: metric for metric in METRICS}


def metrics_named(names: Iterable[str]) -> tuple[Metric, ...]:
    """Metrics of these names, each once, in the order in which they are first named."""
    return tuple(BY_NAME[name] for name in dict.fromkeys(names))


def metrics_of(table: str) -> tuple[Metric, ...]:
    """Metrics that a table publishes, in the order of the registry."""
    return tuple(metric for metric in METRICS if metric.table == table)


def metric_versions(table: str) -> dict[str, int]:
    """Version of each metric that a table publishes."""
    return {metric.name: metric.version for metric in metrics_of(table)}
