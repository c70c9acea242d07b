"""Which tables a platform metric is made of, and how many days of them it looks at.

What is read, when a day is stale, and which changes explain a restated number: all follow from here
and from the registry.
"""

from collections.abc import Iterator

from schema.metrics import ACTIVE_WINDOWS, RETENTION_DAYS, SYSTEM_METRICS

# What the rollups are made of.
ROLLED_UP = {
    "user_activity": ("user_engagement", "posts", "comments", "follows"),
    "post_engagement_daily": ("user_engagement",),
}
# Days that end with D, by metric and table of its `source`; of every other only D is looked at.
WINDOW_DAYS = {
    **{name: {"user_activity": days} for name, days in ACTIVE_WINDOWS.items()},
    "stickiness": {"user_activity": max(ACTIVE_WINDOWS.values())},
    "retention_rate": {"users": max(RETENTION_DAYS) + 1},
    "user_lifecycle": {"user_activity": 2},
    "response_hours_median": {"posts": 2, "comments": 2},
}
INGEST = "ingest"
"""Source of the metrics that tell of the pipeline's own reading."""
# These tell of the pipeline's own runs, not of the platform: they are never restated.
NEVER_RESTATED = {"ingest_lag_seconds", "day_final"}
# What the pipeline says of its own reading names the table in a tag.
INGESTED = (
    *("users", "late_accounts", "posts", "post_states", "comments", "follows", "unfollows"),
    *("user_engagement", "media_files", "session_states", "moderation_states"),
)


def metric_sources() -> Iterator[tuple[str, str, int]]:
    """Yield every (metric, source table, days it looks at) of what can be restated."""
    for metric, name, days in _windows():
        if metric not in NEVER_RESTATED:
            tables = INGESTED if name == INGEST else ROLLED_UP.get(name, (name,))
            for table in tables:
                yield metric, table, days


def history_of_metrics() -> dict[str, int]:
    """Days before D that the metrics of D read of each table of the lake."""
    history: dict[str, int] = {}
    for _, table, days in _windows():
        if table != INGEST:
            history[table] = max(history.get(table, 0), days - 1)
    return history


def _windows() -> Iterator[tuple[str, str, int]]:
    for metric in SYSTEM_METRICS:
        for table in metric.source:
            yield metric.name, table, WINDOW_DAYS.get(metric.name, {}).get(table, 1)
