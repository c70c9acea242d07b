"""Engagement by type, its rate per VIEW, and how evenly VIEWs fall on creators."""

import narwhals as nw

from assets.analytics.distributions import gini_fractions
from assets.analytics.rationals import contributions, tagged
from assets.analytics.rows import Rows, daily, total
from schema.vocabulary import EngagementType

EVENTS = nw.col("events")
IS_VIEW = nw.col("engagement_type") == EngagementType.VIEW.value
NONE = nw.lit(0, dtype=nw.Int64)


def engagement_metrics(by_type: Rows, post_engagement: Rows) -> list[Rows]:
    """Contributions of everything that counts engagement events."""
    return [
        contributions(
            by_type,
            "engagement_events",
            numerator=EVENTS,
            tags=tagged("type", nw.col("engagement_type")),
        ),
        contributions(
            by_type,
            "engagement_rate",
            numerator=nw.when(IS_VIEW).then(NONE).otherwise(EVENTS),
            denominator=nw.when(IS_VIEW).then(EVENTS).otherwise(NONE),
        ),
        _exposure(post_engagement),
    ]


def count_by_type(post_engagement: Rows) -> Rows:
    """Count the events of each day and type."""
    return (
        daily(post_engagement, "engagement_type", "events")
        .group_by("day", "engagement_type")
        .agg(events=total("events"))
    )


def _exposure(post_engagement: Rows) -> Rows:
    seen = (
        daily(post_engagement.filter(IS_VIEW), "author_id", "events")
        .group_by("day", "author_id")
        .agg(views=total("events"))
    )
    return contributions(
        gini_fractions(seen, "views", by=["day"]),
        "exposure_gini",
        numerator=nw.col("numerator"),
        denominator=nw.col("denominator"),
    )
