"""An account out of the files that commands leave in the home: each place has a rule of its own."""

import quopri
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Protocol
from uuid import UUID

import polars as pl

from assets.lifecycle.erased_account import Account
from assets.resources.durable_files import replace_private
from assets.resources.identifiers import uuids_of
from assets.resources.ids_of_kinds import ids_of
from assets.resources.tombstones import Tombstones
from schema.erasure import IdKind

UUIDS = re.compile(
    rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE
)
# Id columns of rejects, of which kind they are; `id` is of its file's, others may be of any.
COLUMN_KINDS = {
    "user_id": IdKind.USERS,
    "follower_id": IdKind.USERS,
    "following_id": IdKind.USERS,
    "post_id": IdKind.POSTS,
    "parent_id": IdKind.COMMENTS,
}
# How a file is called until it is written.
UNFINISHED = ".part"


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows and files that were removed, or would be; `unread`: what could not be, in sentences."""

    rows: int = 0
    files: int = 0
    unread: tuple[str, ...] = ()


class Rule(Protocol):
    """How an account leaves a folder; without `remove` it only counts."""

    def __call__(self, folder: Path, account: Account, *, remove: bool) -> Removal:
        """Remove, or count, what names the account."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that may hold files about people, and its rule."""

    name: str
    folder: Path
    rule: Rule


def drop_files(
    folder: Path,
    account: Account,
    *,
    remove: bool,
    nameless: Collection[str] = (),
    spared: Collection[str] = (),
) -> Removal:
    """Delete files that name the account, and those of its own: they can be made again without it.

    A file with an id in its path is that account's own, whatever it says. `nameless`: patterns of
    files without usernames, where one that is a common word means nothing. `spared`: names of
    files that are left alone.
    """
    files = _files_of(folder, account, nameless, spared)
    if remove:
        for path in files:
            path.unlink(missing_ok=True)
        _drop_empty_folders(folder, files)
    return Removal(0, len(files))


def _files_of(
    folder: Path, account: Account, nameless: Collection[str], spared: Collection[str]
) -> list[Path]:
    while True:
        try:
            return [
                path
                for path in folder.rglob("*")
                # Scripts hold no data, and any word.
                if path.is_file()
                and path.suffix != ".js"
                and path.name not in spared
                and _names(folder, path, account, nameless)
            ]
        except FileNotFoundError:
            # Somebody has renamed a file meanwhile, and its new name may have been missed.
            continue


def drop_files_of_erased(folder: Path, tombstones: Tombstones) -> int:
    """Delete files with an erased account's id in their path, and tell how many those were.

    Somebody has written them who had lost its session meanwhile, and with it what keeps an erasure
    waiting.
    """
    about = {
        path: _ids_in(bytes(path.relative_to(folder)))
        for path in folder.rglob("*")
        if path.is_file()
    }
    ids = pl.Series(
        [bytes.fromhex(found.decode()) for found in set().union(*about.values())], dtype=pl.Binary
    )
    erased = set(tombstones.erased_ids(ids_of(IdKind.USERS, ids))["id"].bin.encode("hex"))
    files = [path for path, found in about.items() if any(one.decode() in erased for one in found)]
    for path in files:
        path.unlink(missing_ok=True)
    _drop_empty_folders(folder, files)
    return len(files)


def _drop_empty_folders(folder: Path, files: list[Path]) -> None:
    """A folder may bear the account's name, too; those that still hold something stay."""
    below = {parent for path in files for parent in path.parents if folder in parent.parents}
    for parent in sorted(below, reverse=True):
        with suppress(FileNotFoundError):
            if not any(parent.iterdir()):
                parent.rmdir()


def drop_rejected_rows(folder: Path, account: Account, *, remove: bool) -> Removal:
    """Take rows that name the account out of the rejects of loads; a file without rows goes.

    What a killed load was writing goes, too: it may break off within a name. None is at work while
    an account is erased. A file that somebody has saved in another form stays, and is named.
    """
    found: list[int] = []
    unread: list[str] = []
    for path in sorted(folder.rglob("*.csv")):
        try:
            rows = pl.read_csv(path, infer_schema=False, raise_if_empty=False)
        except pl.exceptions.PolarsError:
            unread.append(f"{path} is not CSV in UTF-8 any more: save it as such, or remove it")
        else:
            found.append(_drop_rows(path, rows, account, remove=remove))
    if remove:
        for path in folder.rglob(f"*{UNFINISHED}"):
            path.unlink()
    return Removal(sum(found), sum(rows > 0 for rows in found), tuple(unread))


def _drop_rows(path: Path, rows: pl.DataFrame, account: Account, *, remove: bool) -> int:
    named = _named_rows(rows, path.stem, account)
    if remove and named.any():
        kept = rows.filter(~named)
        if kept.is_empty():
            path.unlink()
        else:
            replace_private(path, kept.write_csv().encode())
    return int(named.sum())


def _named_rows(rows: pl.DataFrame, table: str, account: Account) -> pl.Series:
    """Rows with an id of the account (any text that a load maps to it), or one of its names."""
    named = pl.zeros(rows.height, dtype=pl.Boolean, eager=True)
    for column in rows.columns:
        if column == "id" or column.endswith("_id"):
            ids = _texts_of(account, table if column == "id" else COLUMN_KINDS.get(column))
            named |= uuids_of(rows[column]).is_in(ids.implode()).fill_null(value=False)
        else:
            named |= _is_told(rows[column], account)
    return named


def _texts_of(account: Account, kind: str | None) -> pl.Series:
    ids = account.ids
    known = ids["id"] if kind is None else ids.filter(pl.col("kind") == kind)["id"]
    return pl.Series([str(UUID(bytes=raw)) for raw in known], dtype=pl.String)


def _is_told(values: pl.Series, account: Account) -> pl.Series:
    texts = values.fill_null("").str.strip_chars().str.to_lowercase()
    unmistakable = [str(account.id), *([account.email.lower()] if account.email else [])]
    is_name = texts.is_in([name.lower() for name in account.names])
    return is_name | texts.str.contains_any(unmistakable)


def _names(folder: Path, path: Path, account: Account, nameless: Collection[str]) -> bool:
    relative = path.relative_to(folder)
    about = _ids_in(bytes(relative))
    if about:
        # It is about one account, and a name may be a word that stands on everybody's page.
        return account.id.hex.encode() in about
    by_username = not any(fnmatch(str(relative), pattern) for pattern in nameless)
    content = path.name.encode() + b"\n" + path.read_bytes()
    if path.suffix == ".eml":
        # Lines of mail are broken anywhere, in the middle of an id, too.
        content += b"\n" + quopri.decodestring(content)
    return names_account(content, account, by_username=by_username)


def names_account(content: bytes, account: Account, *, by_username: bool = True) -> bool:
    """Whether a text holds an id of the account, its address or, as a whole word, its username.

    No text says of which kind an id is: each counts.
    """
    if _ids_in(content) & _hex_ids(account):
        return True
    names = [account.email, account.username if by_username else ""]
    words = [re.escape(name.encode()) for name in names if name]
    pattern = rb"(?<![\w.])(" + b"|".join(words) + rb")(?![\w])"
    return bool(words) and re.search(pattern, content, re.IGNORECASE) is not None


def _hex_ids(account: Account) -> set[bytes]:
    return {raw.hex().encode() for raw in account.ids["id"]}


def _ids_in(content: bytes) -> set[bytes]:
    return {match.replace(b"-", b"").lower() for match in UUIDS.findall(content)}
