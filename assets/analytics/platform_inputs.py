"""The published tables that the platform's metrics are computed from."""

from collections.abc import Iterable

import narwhals as nw

from assets.analytics.ingest_facts import ingest_facts
from assets.analytics.rows import Rows
from assets.analytics.system_metrics import SystemMetricInputs, calendar_of
from assets.resources.lineage import Lineage
from assets.resources.published import Published
from schema.tables.columns import Contract
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
    published: Published, days: DayRange, *, lineage: Lineage, source_tables: Iterable[str]
) -> SystemMetricInputs:
    """Open what the metrics of the days read: of each table the days that the lineage names.

    Raises:
        MissingPartitionError: a day of the history has not been published.
    """

    def scan(table: str, contract: type[Contract]) -> Rows:
        return published.scan(table, contract, lineage.days_read(table, days))

    return SystemMetricInputs(
        calendar=published.engine.lazy(calendar_of(days)),
        activity=scan("user_activity", UserActivity),
        users=known_accounts(scan("users", Users), scan("late_accounts", LateAccounts), days),
        posts=scan("posts", Posts),
        comments=scan("comments", Comments),
        follows=scan("follows", Follows),
        unfollows=scan("unfollows", Unfollows),
        post_engagement=scan("post_engagement_daily", PostEngagementDaily),
        sessions=scan("session_states", SessionStates),
        moderation=scan("moderation_states", ModerationStates),
        media=scan("media_files", MediaFiles),
        ingest=published.engine.lazy(ingest_facts(published.lake, source_tables, days)),
    )


def known_accounts(users: Rows, late_accounts: Rows, days: DayRange) -> Rows:
    """Accounts by the day of their creation, those that acted before it included."""
    created_later = late_accounts.filter(nw.col("created_at") >= days.end).select(
        "id", date=nw.col("created_at").dt.date()
    )
    return nw.concat([users.select("id", "date"), created_later.unique()])
