"""Columns of the platform's tables that the pipeline must not see.

Every other column is open to the reader role; a test compares both with the catalogue, so that a
new column has to be placed here or granted before it passes.
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

# All that the role sees that mails reports to creators; nobody's posts, numbers or secrets.
MAILER_COLUMNS: dict[str, frozenset[str]] = {
    "users": frozenset({"id", "email", "username", "is_active", "deleted_at", "email_verified_at"})
}
MAILER_BOOKS = frozenset({"report_preferences", "report_deliveries"})
