"""The tables of the lake by their contracts, what analysts look at first standing first.

Named here and not taken from the assets: whoever asks a question need not wait for Dagster.
"""

from schema.tables.author_audience_daily import AuthorAudienceDaily
from schema.tables.columns import Contract
from schema.tables.comments import Comments
from schema.tables.engagement_models import EngagementModels
from schema.tables.follows import Follows
from schema.tables.highlighted_posts import HighlightedPosts
from schema.tables.late_accounts import LateAccounts
from schema.tables.media_files import MediaFiles
from schema.tables.moderation_states import ModerationStates
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.tables.posts import Posts
from schema.tables.score_receipts import ScoreReceipts
from schema.tables.session_states import SessionStates
from schema.tables.system_metrics import SystemMetrics
from schema.tables.unfollows import Unfollows
from schema.tables.user_activity import UserActivity
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users

TABLES: dict[str, type[Contract]] = {
    "user_analytics": UserAnalytics,
    "system_metrics": SystemMetrics,
    "post_scores": PostScores,
    "popular_posts": PopularPosts,
    "highlighted_posts": HighlightedPosts,
    "score_receipts": ScoreReceipts,
    "engagement_models": EngagementModels,
    "post_engagement_daily": PostEngagementDaily,
    "post_engagement_hourly": PostEngagementHourly,
    "post_audience_daily": PostAudienceDaily,
    "author_audience_daily": AuthorAudienceDaily,
    "user_activity": UserActivity,
    "users": Users,
    "late_accounts": LateAccounts,
    "posts": Posts,
    "post_states": PostStates,
    "comments": Comments,
    "follows": Follows,
    "unfollows": Unfollows,
    "user_engagement": UserEngagement,
    "media_files": MediaFiles,
    "session_states": SessionStates,
    "moderation_states": ModerationStates,
}
