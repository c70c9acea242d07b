"""Tombstones: keyed hashes of what was erased, kept in the home, outside of every backup.

The key never leaves the home, so that nobody can ask a hash which id it is of. Hashes are computed
set by set, in DuckDB; where nothing was ever erased, nothing is computed.
"""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.resources.computing import compute
from assets.resources.durable_files import replace_private
from assets.resources.ids_of_kinds import is_made_of_text
from schema.erasure import CONTENT_KINDS, IdKind
from schema.errors import UsageError

KEY = "key"
SUFFIX = ".digests"
KEY_BYTES = 32
DIGEST_BYTES = 32
BLOCK_BYTES = 64
TOKEN_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The folder of the key and of one file of digests per erased account."""

    folder: Path

    def tokens(self) -> list[str]:
        """Names of the erasures that this home knows; they tell of nobody."""
        return sorted(path.stem for path in self.folder.glob(f"*{SUFFIX}"))

    def digests(self) -> pl.Series:
        """Digests of everything that was erased."""
        read = [self.digests_of(token) for token in self.tokens()]
        return pl.concat([pl.Series(dtype=pl.Binary), *read])

    def digests_of(self, token: str) -> pl.Series:
        """Digests of one erasure."""
        raw = self._path(token).read_bytes()
        pieces = [raw[at : at + DIGEST_BYTES] for at in range(0, len(raw), DIGEST_BYTES)]
        return pl.Series(pieces, dtype=pl.Binary)

    def digest(self, values: pl.Series) -> pl.Series:
        """Hash values (bytes) with the key, in their order.

        Raises:
            UsageError: the home has no key although it knows of erasures.
        """
        if values.is_empty():
            return pl.Series(dtype=pl.Binary)
        block = self._key().ljust(BLOCK_BYTES, b"\0")
        pads = {
            "inner": bytes(byte ^ 0x36 for byte in block),
            "outer": bytes(byte ^ 0x5C for byte in block),
        }
        return compute(__package__, "hash_values", values, **pads).to_series()

    def erased_ids(self, ids: pl.DataFrame) -> pl.DataFrame:
        """Those of the ids (`kind`, `id`) that were erased; each once.

        An account is known by its token. Earlier versions kept content without its kind: an id that
        a load may have made of a text could be of anything, so that such a tombstone counts for
        others only; content of the former goes by its owner.
        """
        known = self.digests()
        distinct = ids.drop_nulls().unique()
        if known.is_empty() or distinct.is_empty():
            return distinct.clear()
        is_account = distinct["kind"] == IdKind.USERS.value
        accounts, content = distinct.filter(is_account), distinct.filter(~is_account)
        of_content = content.select(content_id()).to_series()
        is_erased = self.digest(of_content).is_in(known.implode())
        is_erased |= self._is_buried_without_kind(content, known)
        return pl.concat([accounts.filter(self._has_token(accounts)), content.filter(is_erased)])

    def _has_token(self, accounts: pl.DataFrame) -> pl.Series:
        return _tokens_in(self.digest(accounts["id"])).is_in(self.tokens())

    def _is_buried_without_kind(self, ids: pl.DataFrame, known: pl.Series) -> pl.Series:
        accounts_own = _tokens_in(known).is_in(self.tokens())
        may_be = ids["kind"].is_in(CONTENT_KINDS) & ~is_made_of_text(ids["id"])
        return may_be & self.digest(ids["id"]).is_in(known.filter(~accounts_own).implode())

    def erased(self, values: pl.Series) -> pl.Series:
        """Those of the values (names as bytes) that have a tombstone; each once."""
        known = self.digests()
        distinct = values.drop_nulls().unique()
        if known.is_empty() or distinct.is_empty():
            return distinct.clear()
        return distinct.filter(self.digest(distinct).is_in(known.implode()))

    def token_of(self, account: bytes) -> str:
        """The erasure that an account's id has, or would have."""
        digest: bytes = self.digest(pl.Series([account], dtype=pl.Binary))[0]
        return digest.hex()[:TOKEN_DIGITS]

    def key_id(self) -> str:
        """What tells this key from others, and nothing else of it."""
        return hashlib.sha256(b"sociallive erasures" + self._key()).hexdigest()[:16]

    def bury(self, token: str, digests: pl.Series) -> None:
        """Keep digests of an erasure, besides those that it has.

        Raises:
            StorageError: the folder cannot be written.
        """
        path = self._path(token)
        known = self.digests_of(token) if path.exists() else digests.clear()
        together = pl.concat([known, digests]).unique().sort()
        replace_private(path, b"".join(together))

    def _path(self, token: str) -> Path:
        return self.folder / f"{token}{SUFFIX}"

    def _key(self) -> bytes:
        path = self.folder / KEY
        if not path.exists():
            if self.tokens():
                raise UsageError(
                    f"{path} is gone, and without it nobody can tell who was erased: bring back "
                    "the folder that it was in"
                )
            replace_private(path, secrets.token_bytes(KEY_BYTES))
        return path.read_bytes()


def _tokens_in(digests: pl.Series) -> pl.Series:
    return digests.bin.encode("hex").str.head(TOKEN_DIGITS)


def content_id() -> pl.Expr:
    """Ids (`kind`, `id`) of content as the bytes whose digest is kept.

    The account's own is kept without its kind: it begins with the erasure's token.
    """
    return (pl.col("kind") + ":").cast(pl.Binary) + pl.col("id")


def account_name(username: pl.Expr) -> pl.Expr:
    """A username as the bytes whose digest is kept: capitals and spaces around it tell nothing."""
    return ("username:" + username.str.strip_chars().str.to_lowercase()).cast(pl.Binary)


def account_email(email: pl.Expr) -> pl.Expr:
    """An e-mail address likewise."""
    return ("email:" + email.str.strip_chars().str.to_lowercase()).cast(pl.Binary)
