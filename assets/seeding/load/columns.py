"""What the five tables of a load may hold: columns, their rules, keys and references."""

from dataclasses import dataclass, field
from enum import StrEnum

from schema.vocabulary import EngagementType, MediaType, Visibility

ROLES = ("USER", "CREATOR", "MODERATOR", "ADMIN")
# Not the form of a bcrypt hash: no password opens such an account.
NO_PASSWORD = "!"  # noqa: S105
# `.invalid` is reserved by RFC 2606: no mail to it can ever be delivered.
UNDELIVERABLE = "@users.invalid"


class Kind(StrEnum):
    """How the text of a field is understood."""

    ID = "id"
    TEXT = "text"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    TIMESTAMP = "timestamp"
    JSON = "json"
    TAGS = "tags"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a required one must be in the file and in every row."""

    kind: Kind
    required: bool = False
    may_be_empty: bool = False
    """An empty text is a value: also a CSV's field with nothing in it, where there is no null."""
    longest: int | None = None
    choices: tuple[str, ...] = ()
    below: int = 0
    """Numbers are smaller than this, either side of zero."""
    default: str | int | bool | None = None
    """For rows without a value, as in the schema; None leaves them without one."""


@dataclass(frozen=True, slots=True)
class Key:
    """Columns of which no two rows may have the same values."""

    name: str
    columns: tuple[str, ...]
    kept_in: str
    """Table in which the database keeps the values that are taken."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a load."""

    name: str
    columns: dict[str, Column]
    natural_key: tuple[str, ...]
    """Columns whose values make the id of a row that has none."""
    references: dict[str, str] = field(default_factory=dict)
    """Columns that name a row of another table."""
    keys: tuple[Key, ...] = ()

    @property
    def required(self) -> list[str]:
        """Columns that a file must have."""
        return [name for name, column in self.columns.items() if column.required]


def _optional_text(longest: int | None = None, *, default: str | None = None) -> Column:
    return Column(Kind.TEXT, longest=longest, default=default)


ID = Column(Kind.ID)
REFERENCE = Column(Kind.ID, required=True)
BODY = Column(Kind.TEXT, required=True, may_be_empty=True)
COUNT = Column(Kind.INTEGER, default=0)
NO = Column(Kind.BOOLEAN, default=False)
MOMENT = Column(Kind.TIMESTAMP)
CREATED = Column(Kind.TIMESTAMP, required=True)

USERS = Table(
    "users",
    {
        "id": ID,
        "email": _optional_text(255),
        "username": Column(Kind.TEXT, required=True, longest=50),
        "password_hash": _optional_text(255, default=NO_PASSWORD),
        "full_name": _optional_text(100),
        "bio": _optional_text(),
        "profile_picture": _optional_text(500),
        "role": Column(Kind.CHOICE, choices=ROLES, default="USER"),
        "is_verified": NO,
        "is_active": Column(Kind.BOOLEAN, default=True),
        "followers_count": COUNT,
        "following_count": COUNT,
        "posts_count": COUNT,
        "last_login_at": MOMENT,
        "email_verified_at": MOMENT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "deleted_at": MOMENT,
    },
    natural_key=("username",),
    keys=tuple(Key(name, (name,), "users") for name in ("id", "username", "email")),
)
POSTS = Table(
    "posts",
    {
        "id": ID,
        "user_id": REFERENCE,
        "content": BODY,
        "media_url": _optional_text(500),
        "media_type": Column(Kind.CHOICE, choices=tuple(MediaType)),
        "visibility": Column(Kind.CHOICE, choices=tuple(Visibility), default="PUBLIC"),
        "likes_count": COUNT,
        "comments_count": COUNT,
        "shares_count": COUNT,
        "engagement_score": Column(Kind.DECIMAL, below=10**8, default=0),
        "is_featured": NO,
        "tags": Column(Kind.TAGS),
        "location": _optional_text(100),
        "created_at": CREATED,
        "updated_at": MOMENT,
        "deleted_at": MOMENT,
    },
    natural_key=("user_id", "created_at", "content"),
    references={"user_id": "users"},
    keys=(Key("id", ("id",), "posts"),),
)
COMMENTS = Table(
    "comments",
    {
        "id": ID,
        "post_id": REFERENCE,
        "user_id": REFERENCE,
        "parent_id": ID,
        "content": BODY,
        "likes_count": COUNT,
        "replies_count": COUNT,
        "is_edited": NO,
        "created_at": CREATED,
        "updated_at": MOMENT,
        "deleted_at": MOMENT,
    },
    natural_key=("post_id", "user_id", "created_at", "content"),
    references={"post_id": "posts", "user_id": "users"},
    keys=(Key("id", ("id",), "comments"),),
)
USER_FOLLOWERS = Table(
    "user_followers",
    {"id": ID, "follower_id": REFERENCE, "following_id": REFERENCE, "created_at": MOMENT},
    natural_key=("follower_id", "following_id"),
    references={"follower_id": "users", "following_id": "users"},
    keys=(
        Key("follow", ("follower_id", "following_id"), "user_followers"),
        Key("id", ("id",), "user_followers"),
    ),
)
ENGAGEMENT_KEY = ("user_id", "post_id", "engagement_type")
USER_ENGAGEMENT = Table(
    "user_engagement",
    {
        "id": ID,
        "user_id": REFERENCE,
        "post_id": REFERENCE,
        "engagement_type": Column(Kind.CHOICE, required=True, choices=tuple(EngagementType)),
        "value": Column(Kind.DECIMAL, below=1000, default=1),
        "metadata": Column(Kind.JSON),
        "created_at": CREATED,
    },
    natural_key=ENGAGEMENT_KEY,
    references={"user_id": "users", "post_id": "posts"},
    keys=(
        Key("engagement", ENGAGEMENT_KEY, "user_engagement_keys"),
        Key("id", ("id",), "user_engagement"),
    ),
)
TABLES = (USERS, POSTS, COMMENTS, USER_FOLLOWERS, USER_ENGAGEMENT)
"""In an order in which foreign keys let them be loaded."""
