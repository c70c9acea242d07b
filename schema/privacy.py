"""Columns of the platform's tables that the pipeline must not see, and those that reports need.

Every column that is not private is open to the reader role, and none but those listed to the
reporter; a test compares both with the catalogue, so that a new column has to be placed here or
granted before it passes.
"""

PRIVATE_COLUMNS: dict[str, frozenset[str]] = {
    "users": frozenset(
        {
            "email",
            "password_hash",
            "full_name",
            "bio",
            "profile_picture",
            "last_login_at",
            "email_verified_at",
        }
    ),
    "posts": frozenset({"content", "media_url", "location"}),
    "comments": frozenset({"content"}),
    "user_sessions": frozenset({"refresh_token_hash", "device_info", "ip_address", "user_agent"}),
    "media_files": frozenset({"filename", "original_name", "storage_path", "cdn_url", "metadata"}),
    "content_moderation": frozenset({"reason"}),
}

# Tables that the reader has no business with at all.
PRIVATE_TABLES = frozenset({"password_reset_tokens", "audit_log", "popular_posts"})

# The pipeline's own results: reader and writer are granted these tables, of all others columns.
WHOLE_TABLES = frozenset({"user_analytics", "system_metrics"})

# All that the reporter role may see: what a creator's report says, and what tells whose it is.
REPORTER_COLUMNS: dict[str, frozenset[str]] = {
    "users": frozenset(
        {"id", "username", "is_active", "followers_count", "created_at", "deleted_at"}
    ),
    "posts": frozenset(
        {"id", "user_id", "content", "media_type", "visibility", "created_at", "deleted_at"}
    ),
    "user_analytics": frozenset(
        {
            "user_id",
            "date",
            "profile_views",
            "post_impressions",
            "post_engagements",
            "followers_gained",
            "followers_lost",
            "total_likes",
            "total_comments",
            "total_shares",
        }
    ),
}

# Of the pipeline's own books.
REPORTER_BOOKS: dict[str, frozenset[str]] = {
    "restatements": frozenset(
        {
            "table_name",
            "date",
            "metric_name",
            "user_id",
            "old_value",
            "new_value",
            "reasons",
            "restated_at",
        }
    ),
    "schema_migrations": frozenset({"name", "sha256", "applied_at"}),
}

# All that the role sees that mails reports to creators; nobody's posts, numbers or secrets.
MAILER_COLUMNS: dict[str, frozenset[str]] = {
    "users": frozenset({"id", "email", "username", "is_active", "deleted_at", "email_verified_at"})
}
MAILER_BOOKS = frozenset({"report_preferences", "report_deliveries"})
