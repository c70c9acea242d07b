"""The lake's source tables and the contract of each."""

from schema.tables.columns import Contract
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.late_accounts import LateAccounts
from schema.tables.media_files import MediaFiles
from schema.tables.moderation_states import ModerationStates
from schema.tables.post_states import PostStates
from schema.tables.posts import Posts
from schema.tables.session_states import SessionStates
from schema.tables.unfollows import Unfollows
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users

SOURCE_TABLES: dict[str, type[Contract]] = {
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
