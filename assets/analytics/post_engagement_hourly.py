"""Hourly totals per post and engagement type: what scores learn from, with what they leave out."""

import narwhals as nw

from assets.analytics.coordination import hour_of_day
from assets.analytics.post_engagement_daily import BY_OTHERS, HUNDREDTHS
from assets.analytics.rows import Rows, row_count, total

GRAIN = ["date", "hour", "post_id", "engagement_type"]
ORDER = ("date", "post_id", "engagement_type", "hour")
# Which columns make up each column; the day comes from the partition.
COUNTED = (
    *("user_engagement.post_id", "user_engagement.engagement_type", "user_engagement.created_at"),
    *("user_engagement.user_id", "user_engagement.author_id"),
)
SOURCES = {
    "hour": ["user_engagement.created_at"],
    "post_id": ["user_engagement.post_id"],
    "engagement_type": ["user_engagement.engagement_type"],
    "author_id": ["user_engagement.author_id"],
    "audience_events": COUNTED,
    "audience_value": [*COUNTED, "user_engagement.value"],
    "coordinated_events": [*COUNTED, "users.id"],
    "coordinated_value": [*COUNTED, "users.id", "user_engagement.value"],
}


def summarize_post_engagement_hourly(events: Rows, coordinated: Rows) -> Rows:
    """Aggregate `user_engagement` to one row per (date, hour, post_id, engagement_type).

    Of the audience only; `coordinated` holds the events that `find_coordinated_events` selects.
    """
    audience = events.filter(BY_OTHERS).select(
        *("date", "post_id", "engagement_type", "author_id"),
        hour=hour_of_day(events),
        hundredths=HUNDREDTHS,
    )
    hourly = audience.group_by(*GRAIN, "author_id").agg(
        audience_events=row_count(), audience_value=total("hundredths")
    )
    of_bursts = coordinated.group_by(*GRAIN).agg(
        coordinated_events=row_count(), coordinated_value=total("hundredths")
    )
    numbers = nw.col("coordinated_events", "coordinated_value")
    return (
        hourly.join(of_bursts, on=GRAIN, how="left").with_columns(numbers.fill_null(0)).sort(*ORDER)
    )
