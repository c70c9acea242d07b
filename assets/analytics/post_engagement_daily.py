"""Daily totals per post and engagement type: what metrics and scores read, not the events."""

import narwhals as nw

from assets.analytics.rows import Rows, row_count, total

BY_OTHERS = nw.col("user_id") != nw.col("author_id")
HUNDREDTHS = (nw.col("value") * 100).cast(nw.Int64)
ORDER = ("date", "post_id", "engagement_type")
NOT_COUNTED = nw.lit(0, dtype=nw.Int64)
# Which columns make up each column; the day comes from the partition.
COUNTED = ("user_engagement.post_id", "user_engagement.engagement_type")
SOURCES = {
    "post_id": ["user_engagement.post_id"],
    "engagement_type": ["user_engagement.engagement_type"],
    "author_id": ["user_engagement.author_id"],
    "events": COUNTED,
    "audience_events": [*COUNTED, "user_engagement.user_id", "user_engagement.author_id"],
    "audience_value": [
        *COUNTED,
        "user_engagement.user_id",
        "user_engagement.author_id",
        "user_engagement.value",
    ],
}


def summarize_post_engagement(events: Rows) -> Rows:
    """Aggregate `user_engagement` to one row per (date, post_id, engagement_type).

    The audience is everybody but the author.
    """
    weighed = events.select(
        "date",
        "post_id",
        "engagement_type",
        "author_id",
        audience=BY_OTHERS.cast(nw.Int64),
        hundredths=nw.when(BY_OTHERS).then(HUNDREDTHS).otherwise(NOT_COUNTED),
    )
    return (
        weighed.group_by("date", "post_id", "engagement_type", "author_id")
        .agg(
            events=row_count(),
            audience_events=total("audience"),
            audience_value=total("hundredths"),
        )
        .sort(*ORDER)
    )
