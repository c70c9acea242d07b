"""Which source tables a platform metric is made of, and how many days of them it looks at."""

from collections.abc import Iterator

from schema.metrics import ACTIVE_WINDOWS, RETENTION_DAYS, SYSTEM_METRICS

# What the rollups are made of.
ROLLED_UP = {
    "user_activity": ("user_engagement", "posts", "comments", "follows"),
    "post_engagement_daily": ("user_engagement",),
}
# Days that end with D; every other metric looks at D only.
WINDOW_DAYS = {
    **ACTIVE_WINDOWS,
    "stickiness": max(ACTIVE_WINDOWS.values()),
    "retention_rate": max(RETENTION_DAYS) + 1,
    "user_lifecycle": 2,
    "response_hours_median": 2,
}
# These tell of the pipeline's own runs, not of the platform: they are never restated.
NEVER_RESTATED = {"ingest_lag_seconds", "day_final"}
# What the pipeline says of its own reading names the table in a tag.
INGESTED = (
    *("users", "late_accounts", "posts", "post_states", "comments", "follows", "unfollows"),
    *("user_engagement", "media_files", "session_states", "moderation_states"),
)


def metric_sources() -> Iterator[tuple[str, str, int]]:
    """Yield every (metric, source table, days it looks at) of what can be restated."""
    for metric in SYSTEM_METRICS:
        if metric.name in NEVER_RESTATED:
            continue
        for name in metric.source:
            tables = INGESTED if name == "ingest" else ROLLED_UP.get(name, (name,))
            for table in tables:
                yield metric.name, table, WINDOW_DAYS.get(metric.name, 1)
