"""The published tables that the platform's metrics are computed from."""

from collections.abc import Iterable

import narwhals as nw

from assets.analytics.ingest_facts import ingest_facts
from assets.analytics.rows import Rows
from assets.analytics.system_metrics import SystemMetricInputs, calendar_of
from assets.resources.published import Published
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.late_accounts import LateAccounts
from schema.tables.media_files import MediaFiles
from schema.tables.moderation_states import ModerationStates
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.posts import Posts
from schema.tables.session_states import SessionStates
from schema.tables.unfollows import Unfollows
from schema.tables.user_activity import UserActivity
from schema.tables.users import Users
from schema.windows import DayRange


def system_metric_inputs(
    published: Published, days: DayRange, *, history: DayRange, source_tables: Iterable[str]
) -> SystemMetricInputs:
    """Open what the metrics of the days read; `history` is the days with what precedes them.

    Raises:
        MissingPartitionError: a day of the history has not been published.
    """
    scan = published.scan
    return SystemMetricInputs(
        calendar=published.engine.lazy(calendar_of(days)),
        activity=scan("user_activity", UserActivity, history),
        users=known_accounts(
            scan("users", Users, history), scan("late_accounts", LateAccounts, days), days
        ),
        posts=scan("posts", Posts, history),
        comments=scan("comments", Comments, history),
        follows=scan("follows", Follows, days),
        unfollows=scan("unfollows", Unfollows, days),
        post_engagement=scan("post_engagement_daily", PostEngagementDaily, days),
        sessions=scan("session_states", SessionStates, days),
        moderation=scan("moderation_states", ModerationStates, days),
        media=scan("media_files", MediaFiles, days),
        ingest=published.engine.lazy(ingest_facts(published.lake, source_tables, days)),
    )


def known_accounts(users: Rows, late_accounts: Rows, days: DayRange) -> Rows:
    """Accounts by the day of their creation, those that acted before it included."""
    created_later = late_accounts.filter(nw.col("created_at") >= days.end).select(
        "id", date=nw.col("created_at").dt.date()
    )
    return nw.concat([users.select("id", "date"), created_later.unique()])
