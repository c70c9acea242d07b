"""The tables of the lake by their contracts, what analysts look at first standing first.

Of contracts only, without the assets: whoever asks a question need not wait for Dagster.
"""

from assets.ingestion.source_tables import SOURCE_TABLES
from schema.tables.author_audience_daily import AuthorAudienceDaily
from schema.tables.columns import Contract
from schema.tables.engagement_models import EngagementModels
from schema.tables.highlighted_posts import HighlightedPosts
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_audience_daily import PostAudienceDaily
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_scores import PostScores
from schema.tables.score_receipts import ScoreReceipts
from schema.tables.system_metrics import SystemMetrics
from schema.tables.user_activity import UserActivity
from schema.tables.user_analytics import UserAnalytics

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
    **SOURCE_TABLES,
}
