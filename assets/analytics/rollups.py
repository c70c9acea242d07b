"""Compute the daily rollups of some days and publish them."""

from collections.abc import Iterator
from dataclasses import dataclass

from assets.analytics.post_engagement_daily import summarize_post_engagement
from assets.analytics.user_activity import summarize_user_activity
from assets.resources.engine import collect
from assets.resources.lineage import Lineage
from assets.resources.manifest import Manifest
from assets.resources.published import Published
from assets.resources.publishing import CHUNK_DAYS, Output, Publisher
from schema.tables.columns import Contract
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.posts import Posts
from schema.tables.user_activity import UserActivity
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange

ROLLUPS: dict[str, type[Contract]] = {
    "post_engagement_daily": PostEngagementDaily,
    "user_activity": UserActivity,
}


@dataclass(frozen=True, slots=True)
class Rollups:
    """The small tables from which every rolling figure is computed."""

    published: Published
    publisher: Publisher
    lineage: Lineage
    run_id: str

    def publish(self, days: DayRange) -> Iterator[Manifest]:
        """Compute and publish the days, some months at a time."""
        for chunk in days.chunks(CHUNK_DAYS):
            computed_from = self.lineage.computations(chunk)
            yield from self.publisher.publish(
                self._compute(chunk), chunk, run_id=self.run_id, computed_from=computed_from
            )

    def _compute(self, days: DayRange) -> list[Output]:
        events = self.published.scan("user_engagement", UserEngagement, days)
        activity = summarize_user_activity(
            events,
            self.published.scan("posts", Posts, days),
            self.published.scan("comments", Comments, days),
            self.published.scan("follows", Follows, days),
        )
        frames = {
            "post_engagement_daily": summarize_post_engagement(events),
            "user_activity": activity,
        }
        return [
            Output(table, contract, collect(frames[table], contract))
            for table, contract in ROLLUPS.items()
        ]
