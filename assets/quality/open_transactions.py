"""Open transactions that keep ended days provisional: whose, since when, and what ends them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from assets.resources.postgres import Postgres, Role
from schema.sql import load_sql


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction that could still commit rows of days that have ended.

    `name` is the session's, or a prepared transaction's as it is written in SQL; `since` is when
    the one began, or the other was prepared.
    """

    name: str
    owner: str
    since: datetime
    is_prepared: bool

    @property
    def sentence(self) -> str:
        """What it holds, and how somebody ends it."""
        since = f"{self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        if self.is_prepared:
            return (
                f"No further day becomes final while a prepared transaction of {self.owner} is "
                f"open: COMMIT PREPARED {self.name} or ROLLBACK PREPARED {self.name} ends it "
                f"(prepared {since})"
            )
        return (
            f"Days from {since[:10]} on stay provisional while the transaction of {self.name} "
            f"({self.owner}) is open, since {since}"
        )


def find_open_transactions(postgres: Postgres) -> list[OpenTransaction]:
    """Read them, oldest first.

    Raises:
        DatabaseUnavailableError: the database cannot be used.
    """
    with postgres.session(Role.READER) as connection:
        rows = connection.execute(load_sql("assets.quality", "select_open_transactions"))
        return [OpenTransaction(*row) for row in rows]
