"""The closed sets of values that the platform's enums and our own books allow."""

from enum import StrEnum


class EngagementType(StrEnum):
    """Ways an account can engage with a post (`engagement_type_enum`)."""

    LIKE = "LIKE"
    SHARE = "SHARE"
    COMMENT = "COMMENT"
    VIEW = "VIEW"
    CLICK = "CLICK"
    SAVE = "SAVE"


class MediaType(StrEnum):
    """Kinds of media a post can carry (`media_type_enum`)."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    DOCUMENT = "DOCUMENT"


class Visibility(StrEnum):
    """Who may see a post (`visibility_enum`)."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"
    FOLLOWERS_ONLY = "FOLLOWERS_ONLY"
    UNLISTED = "UNLISTED"


class ContentType(StrEnum):
    """What a moderation case is about (`content_type_enum`)."""

    POST = "POST"
    COMMENT = "COMMENT"
    USER_PROFILE = "USER_PROFILE"
    MEDIA = "MEDIA"


class ProcessingStatus(StrEnum):
    """State of an uploaded media file (`processing_status_enum`)."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Reason(StrEnum):
    """Why a published number changed."""

    LATE = "late"
    REMOVED = "removed"
    ERASED = "erased"
    MODERATED = "moderated"
    DEFINITION = "definition"
    UNEXPLAINED = "unexplained"
