"""Compute the daily rollups of some days and publish them."""

from collections.abc import Iterator
from dataclasses import dataclass

from assets.analytics import (
    author_audience_daily,
    post_audience_daily,
    post_engagement_daily,
    post_engagement_hourly,
    user_activity,
)
from assets.analytics.author_audience_daily import summarize_author_audience
from assets.analytics.coordination import FRESH_DAYS, find_coordinated_events, fresh_accounts
from assets.analytics.post_audience_daily import summarize_post_audience
from assets.analytics.post_engagement_daily import summarize_post_engagement
from assets.analytics.post_engagement_hourly import summarize_post_engagement_hourly
from assets.analytics.rows import Rows
from assets.analytics.system_metrics import calendar_of
from assets.analytics.user_activity import summarize_user_activity
from assets.resources.day_chunks import chunks_that_fit
from assets.resources.lineage import Lineage
from assets.resources.manifest import Manifest
from assets.resources.published import Published
from assets.resources.publishing import CHUNK_DAYS, Publisher
from assets.resources.sorted_output import SortedOutput
from schema.tables.author_audience_daily import AuthorAudienceDaily
from schema.tables.columns import ColumnSources, Contract
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.posts import Posts
from schema.tables.user_activity import UserActivity
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.windows import DayRange

ROLLUPS: dict[str, type[Contract]] = {
    "post_engagement_daily": PostEngagementDaily,
    "post_engagement_hourly": PostEngagementHourly,
    "post_audience_daily": PostAudienceDaily,
    "author_audience_daily": AuthorAudienceDaily,
    "user_activity": UserActivity,
}
SOURCES_OF_COLUMNS: dict[str, ColumnSources] = {
    "post_engagement_daily": post_engagement_daily.SOURCES,
    "post_engagement_hourly": post_engagement_hourly.SOURCES,
    "post_audience_daily": post_audience_daily.SOURCES,
    "author_audience_daily": author_audience_daily.SOURCES,
    "user_activity": user_activity.SOURCES,
}
# Columns that the rows of each are sorted by.
ORDERS: dict[str, tuple[str, ...]] = {
    "post_engagement_daily": post_engagement_daily.ORDER,
    "post_engagement_hourly": post_engagement_hourly.ORDER,
    "post_audience_daily": post_audience_daily.ORDER,
    "author_audience_daily": author_audience_daily.ORDER,
    "user_activity": user_activity.ORDER,
}
# Days before D that the rollups of D read of these tables.
SOURCES_OF_ROLLUPS = {
    "user_engagement": 0,
    "posts": 0,
    "comments": 0,
    "follows": 0,
    "users": FRESH_DAYS - 1,
}
# What engines that spill nothing keep of so many events at once fits in memory.
MOST_EVENTS = 5_000_000


@dataclass(frozen=True, slots=True)
class Rollups:
    """The small tables from which every rolling figure is computed."""

    published: Published
    publisher: Publisher
    lineage: Lineage
    run_id: str

    def publish(self, days: DayRange) -> Iterator[list[Manifest]]:
        """Compute and publish the days, as many at a time as fit in memory."""
        for chunk in self._chunks(days):
            computed_from = self.lineage.computations(chunk)
            yield self.publisher.publish(
                self._compute(chunk), chunk, run_id=self.run_id, computed_from=computed_from
            )

    def _chunks(self, days: DayRange) -> Iterator[DayRange]:
        return chunks_that_fit(
            self.published.lake,
            ["user_engagement"],
            days,
            most_rows=MOST_EVENTS,
            most_days=CHUNK_DAYS,
        )

    def _compute(self, days: DayRange) -> list[SortedOutput]:
        events = self.published.scan("user_engagement", UserEngagement, days)
        activity = summarize_user_activity(
            events,
            self.published.scan("posts", Posts, days),
            self.published.scan("comments", Comments, days),
            self.published.scan("follows", Follows, days),
        )
        coordinated = self._coordinated(events, days)
        frames = {
            "post_engagement_daily": summarize_post_engagement(events),
            "post_engagement_hourly": summarize_post_engagement_hourly(events, coordinated),
            "post_audience_daily": summarize_post_audience(events, coordinated),
            "author_audience_daily": summarize_author_audience(events),
            "user_activity": activity,
        }
        return [
            SortedOutput(table, contract, frames[table], ORDERS[table])
            for table, contract in ROLLUPS.items()
        ]

    def _coordinated(self, events: Rows, days: DayRange) -> Rows:
        keep = self.published.keep
        users = self.published.scan("users", Users, self.lineage.days_read("users", days))
        fresh = keep(fresh_accounts(users, self.published.engine.lazy(calendar_of(days))))
        return keep(find_coordinated_events(events, fresh, keep=keep))
