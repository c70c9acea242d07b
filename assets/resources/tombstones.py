"""Tombstones: keyed hashes of what was erased, kept in the home, outside of every backup.

The key never leaves the home, so that nobody can ask a hash which id it is of. Hashes are computed
set by set, in DuckDB; where nothing was ever erased, nothing is computed.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.resources.computing import compute
from assets.resources.manifest import fsync_folder
from schema.errors import StorageError, UsageError

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
        block = self._key().ljust(BLOCK_BYTES, b"\0")
        pads = {
            "inner": bytes(byte ^ 0x36 for byte in block),
            "outer": bytes(byte ^ 0x5C for byte in block),
        }
        return compute(__package__, "hash_values", values, **pads).to_series()

    def erased(self, values: pl.Series) -> pl.Series:
        """Those of the values (bytes) that have a tombstone; each once."""
        known = self.digests()
        distinct = values.drop_nulls().unique()
        if known.is_empty() or distinct.is_empty():
            return distinct.clear()
        return distinct.filter(self.digest(distinct).is_in(known.implode()))

    def token_of(self, account: bytes) -> str:
        """The erasure that an account's id has, or would have."""
        digest: bytes = self.digest(pl.Series([account], dtype=pl.Binary))[0]
        return digest.hex()[:TOKEN_DIGITS]

    def holder_of(self, value: bytes) -> str | None:
        """The erasure that a single id or name belongs to, or none."""
        if not self.tokens():
            return None
        asked = self.digest(pl.Series([value], dtype=pl.Binary)).implode()
        return next((t for t in self.tokens() if self.digests_of(t).is_in(asked).any()), None)

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
        write_durably(path, b"".join(together))

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
            write_durably(path, secrets.token_bytes(KEY_BYTES))
        return path.read_bytes()


def account_name(username: pl.Expr) -> pl.Expr:
    """A username as the bytes whose digest is kept: capitals and spaces around it tell nothing."""
    return ("username:" + username.str.strip_chars().str.to_lowercase()).cast(pl.Binary)


def account_email(email: pl.Expr) -> pl.Expr:
    """An e-mail address likewise."""
    return ("email:" + email.str.strip_chars().str.to_lowercase()).cast(pl.Binary)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Raises:
        StorageError: the folder cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        fsync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): mend it") from error
