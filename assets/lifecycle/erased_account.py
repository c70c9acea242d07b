"""Who is being erased, for as long as that takes: the one file that names the person meanwhile."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from uuid import UUID

import polars as pl

from assets.resources.tombstones import Tombstones, account_email, account_name, write_durably

PENDING = ".pending"
IS_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and the ids of all that goes with it (16 bytes each).

    Without a name where the platform has deleted it already: its id is all that is known.
    `own` are those that get tombstones: its own, its posts', its comments' and its media's. `days`:
    days of the lake that have lost rows, or are about to.
    """

    id: UUID
    username: str
    email: str
    own: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Binary))
    others: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Binary))
    days: tuple[date, ...] = ()

    @property
    def itself(self) -> pl.Series:
        """Its own id."""
        return pl.Series([self.id.bytes], dtype=pl.Binary)

    @property
    def ids(self) -> pl.Series:
        """Every id that a row of the account, its content or an answer to it may bear."""
        return pl.concat([self.itself, self.own, self.others]).unique().sort()

    @property
    def names(self) -> list[str]:
        """Texts that are the account's alone."""
        return [name for name in (str(self.id), self.username, self.email) if name]

    def tombstones(self, tombstones: Tombstones) -> pl.Series:
        """Digests of what must never come back."""
        given = {"username": [self.username or None], "email": [self.email or None]}
        named = pl.DataFrame(given, schema=dict.fromkeys(given, pl.String)).select(
            username=account_name(pl.col("username")), email=account_email(pl.col("email"))
        )
        return tombstones.digest(pl.concat([self.itself, self.own, *named]).drop_nulls().unique())

    def together_with(self, other: "Account") -> "Account":
        """The same, with what was known of it at another time."""
        return Account(
            self.id,
            self.username or other.username,
            self.email or other.email,
            pl.concat([self.own, other.own]).unique().sort(),
            pl.concat([self.others, other.others]).unique().sort(),
            tuple(sorted({*self.days, *other.days})),
        )

    def owning(self, ids: Sequence[pl.Series]) -> "Account":
        """The same, with content that the platform has forgotten already."""
        return replace(self, own=pl.concat([self.own, *ids]).unique().sort())

    def involving(self, ids: pl.Series) -> "Account":
        """The same, with what others made that goes with it."""
        return replace(self, others=pl.concat([self.others, ids]).unique().sort())

    def counted_on(self, days: Iterable[date]) -> "Account":
        """The same, with more days that lose rows of it."""
        return replace(self, days=tuple(sorted({*self.days, *days})))


def values_of(named: str) -> list[bytes]:
    """What a username or an id has as tombstones, if anything."""
    name = pl.select(account_name(pl.lit(named))).item()
    return [name, UUID(named).bytes] if IS_UUID.fullmatch(named) else [name]


def keep_pending(folder: Path, token: str, account: Account) -> None:
    """Keep who is being erased until it is done, so that a killed run can go on.

    Raises:
        StorageError: the folder cannot be written.
    """
    facts = {
        "id": str(account.id),
        "username": account.username,
        "email": account.email,
        "own": account.own.bin.encode("hex").to_list(),
        "others": account.others.bin.encode("hex").to_list(),
        "days": [day.isoformat() for day in account.days],
    }
    write_durably(folder / f"{token}{PENDING}", json.dumps(facts).encode())


def read_pending(folder: Path, token: str) -> Account | None:
    """Who is being erased, or none: that erasure is done."""
    path = folder / f"{token}{PENDING}"
    if not path.exists():
        return None
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Account(
        UUID(facts["id"]),
        facts["username"],
        facts["email"],
        _ids(facts["own"]),
        _ids(facts["others"]),
        tuple(date.fromisoformat(day) for day in facts["days"]),
    )


def pending_tokens(folder: Path) -> list[str]:
    """Erasures that were begun and not finished."""
    return sorted(path.stem for path in folder.glob(f"*{PENDING}"))


def forget_pending(folder: Path, token: str) -> None:
    """Forget who it was: everything is done."""
    (folder / f"{token}{PENDING}").unlink(missing_ok=True)


def _ids(texts: list[str]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String).str.decode("hex")
