"""Who is being erased, for as long as that takes: the one file that names the person meanwhile."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from uuid import UUID

import polars as pl

from assets.resources.durable_files import replace_private
from assets.resources.identifiers import can_be_stored
from assets.resources.ids_of_kinds import ids_of, is_made_of_text, no_ids, of_kind, together
from assets.resources.tombstones import (
    Tombstones,
    account_email,
    account_name,
    content_id,
)
from schema.erasure import CONTENT_KINDS, IdKind

PENDING = ".pending"
IS_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and the ids of all that goes with it (`kind`, `id`).

    Without a name where the platform has deleted it already: its id is all that is known.
    `own` are those that get tombstones besides its own: its posts', its comments' and its media's.
    `days`: days of the lake that have lost rows, or are about to.
    """

    id: UUID
    username: str
    email: str
    own: pl.DataFrame = field(default_factory=no_ids)
    others: pl.DataFrame = field(default_factory=no_ids)
    days: tuple[date, ...] = ()

    @property
    def itself(self) -> pl.Series:
        """Its own id."""
        return pl.Series([self.id.bytes], dtype=pl.Binary)

    @property
    def ids(self) -> pl.DataFrame:
        """Every id that a row of the account, its content or an answer to it may bear."""
        return together([ids_of(IdKind.USERS, self.itself), self.own, self.others])

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
        content = self.own.select(content_id()).to_series()
        return tombstones.digest(pl.concat([self.itself, content, *named]).drop_nulls().unique())

    def together_with(self, other: "Account") -> "Account":
        """The same, with what was known of it at another time."""
        return Account(
            self.id,
            self.username or other.username,
            self.email or other.email,
            together([self.own, other.own]),
            together([self.others, other.others]),
            tuple(sorted({*self.days, *other.days})),
        )

    def owning(self, ids: pl.DataFrame) -> "Account":
        """The same, with content that the platform has forgotten already."""
        return replace(self, own=together([self.own, ids]))

    def involving(self, ids: pl.DataFrame) -> "Account":
        """The same, with what others made that goes with it."""
        return replace(self, others=together([self.others, ids]))

    def counted_on(self, days: Iterable[date]) -> "Account":
        """The same, with more days that lose rows of it."""
        return replace(self, days=tuple(sorted({*self.days, *days})))


def was_erased(tombstones: Tombstones, named: str) -> bool:
    """Whether an account of this username or id was."""
    if not can_be_stored(named):
        return False
    names = pl.select(account_name(pl.lit(named))).to_series()
    ids = [UUID(named).bytes] if IS_UUID.fullmatch(named) else []
    accounts = ids_of(IdKind.USERS, pl.Series(ids, dtype=pl.Binary))
    return bool(len(tombstones.erased(names)) or len(tombstones.erased_ids(accounts)))


def keep_pending(folder: Path, token: str, account: Account) -> None:
    """Keep who is being erased until it is done, so that a killed run can go on.

    Raises:
        StorageError: the folder cannot be written.
    """
    facts = {
        "id": str(account.id),
        "username": account.username,
        "email": account.email,
        "own": _texts(account.own),
        "others": _texts(account.others),
        "days": [day.isoformat() for day in account.days],
    }
    replace_private(folder / f"{token}{PENDING}", json.dumps(facts).encode())


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


def _texts(ids: pl.DataFrame) -> dict[str, list[str]]:
    return {kind: of_kind(ids, kind).bin.encode("hex").to_list() for kind in IdKind}


def _ids(texts: dict[str, list[str]] | list[str]) -> pl.DataFrame:
    if isinstance(texts, list):
        return _of_unknown_kind(_bytes_of(texts))
    return together(ids_of(IdKind(kind), _bytes_of(some)) for kind, some in texts.items())


def _of_unknown_kind(ids: pl.Series) -> pl.DataFrame:
    """Ids that an earlier version kept without their kind: those that can be of one thing only."""
    certain = ids.filter(~is_made_of_text(ids))
    return together(ids_of(kind, certain) for kind in (*CONTENT_KINDS, IdKind.CASES))


def _bytes_of(texts: list[str]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String).str.decode("hex")
