"""Which folders the embedded PostgreSQL lives in, and that no other user gets into them."""

import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from assets.resources.embedded_account import ROOT, Account, server_account
from schema.errors import StorageError, UsageError

LOCK = "postgres.lock"
DATA = "data"
# Where root's services keep their data, and every user may enter.
SHARED_PLACE = Path("/var/lib/sociallive")
# Not TMPDIR: every process must find the same folder, whatever its environment.
SHORT_PLACE = Path("/tmp")  # noqa: S108  the folder below it is made, or its owner checked
# A socket's whole path has 104 bytes on macOS (108 on Linux), `/.s.PGSQL.5432` and a zero included.
LONGEST_SOCKET_FOLDER_BYTES = 88
# PostgreSQL and its clients read these as separators or escapes in a list of folders.
UNSAFE_IN_SOCKET_FOLDER = re.compile(r"""[,"'\\]""")
ONLY_OWNER = 0o700
ALL_OTHERS = 0o077
# Others may pass through, not look around.
PASSAGE = 0o711


def default_data_home(home: Path, *, euid: int, shared: Path = SHARED_PLACE) -> Path:
    """Choose where the embedded database of a home lives: the same answer for every process.

    That is within the home, except for root when the user that runs the server cannot get there
    (as below /root): then in a shared place. A database that exists stays where it is.
    """
    home = home.resolve()
    inside = home / "postgres"
    outside = shared / f"{_readable(home.parent.name)}-{_digest(home)}"
    if euid != ROOT or (inside / DATA).exists():
        return inside
    if (outside / DATA).exists():
        return outside
    return inside if server_account(inside, euid=euid).can_enter(home) else outside


def prepare_home(home: Path, account: Account) -> None:
    """Make the folder, closed to all but the account: its mode is what guards the socket in it.

    Raises:
        UsageError: the account cannot get there, or the folder is someone else's.
    """
    missing = [folder for folder in home.parents if not folder.exists()]
    home.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
    if account.switch:
        for folder in missing:
            folder.chmod(PASSAGE)
        _require_passage(home.parent, account)
    _require_ours(home, account)
    account.give(home)
    home.chmod(ONLY_OWNER)


def socket_folder(home: Path, account: Account) -> Path:
    """Choose the folder of the server's socket: the home, unless a socket cannot be named there."""
    path = str(home)
    fits = len(os.fsencode(path)) <= LONGEST_SOCKET_FOLDER_BYTES
    if fits and not UNSAFE_IN_SOCKET_FOLDER.search(path):
        return home
    return SHORT_PLACE / f"sociallive-{account.uid}-{_digest(home)}"


def prepare_socket_folder(folder: Path, account: Account) -> None:
    """Make the folder, or make sure that nobody else made it: everyone may write beside it.

    Raises:
        StorageError: another user was there first, so that its server might answer for ours.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=ONLY_OWNER)
    status = folder.lstat()
    if account.switch and status.st_uid == ROOT and stat.S_ISDIR(status.st_mode):
        account.give(folder)
        status = folder.lstat()
    private = stat.S_ISDIR(status.st_mode) and not status.st_mode & ALL_OTHERS
    if not private or status.st_uid != account.uid:
        raise StorageError(
            f"{folder} must be a folder that only user {account.name} can enter, and is not: "
            "remove it, or set SOCIALLIVE_HOME to a shorter path"
        )


def _require_passage(folder: Path, account: Account) -> None:
    if not account.can_enter(folder):
        raise UsageError(
            f"PostgreSQL never runs as root, and user {account.name}, who runs it instead, cannot "
            f"enter {folder}: set SOCIALLIVE_HOME to a folder that every user can reach, "
            f"such as {SHARED_PLACE}"
        )


def _require_ours(home: Path, account: Account) -> None:
    owner = home.stat().st_uid
    if owner not in {account.uid, ROOT if account.switch else account.uid}:
        raise UsageError(
            f"{home} belongs to user id {owner}, not to {account.name}: run this as that user, "
            "or set SOCIALLIVE_HOME to a folder of your own"
        )
    found = {path.name for path in home.iterdir()}
    # The lock is the first file that ever appears; a folder of other things must not change hands.
    if found and LOCK not in found:
        raise UsageError(
            f"{home} holds other files than an embedded database: "
            "move them away, or set SOCIALLIVE_HOME to another folder"
        )


def _digest(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:12]


def _readable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name)[:24].strip("-") or "home"
