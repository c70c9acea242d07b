"""The operating-system user that PostgreSQL's processes run as, since it refuses to be root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schema.errors import UsageError

ROOT = 0
# Every POSIX system has this user, and it owns nothing: no account must be created.
FALLBACK_USER = "nobody"
# Explicit, so that neither messages, time zones nor locales depend on who starts the server.
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine; `switch` when it is not the one that this process runs as."""

    name: str
    uid: int
    gid: int
    switch: bool

    def can_enter(self, folder: Path) -> bool:
        """Whether the user may walk into the folder: it and every folder above it."""
        existing = (path for path in (folder, *folder.parents) if path.exists())
        return all(self._has_search_permission(path) for path in existing)

    def give(self, path: Path) -> None:
        """Make the user the owner of a file or folder (of a link, not of its target)."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def run(
        self,
        *command: str | Path,
        folder: Path,
        feed: str = "",
        keep_open: tuple[int, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as the user, fed with the text; its two outputs come back as one.

        No working directory but `folder` is touched: the caller's may be closed to the user.
        """
        return subprocess.run(
            command,
            check=False,
            cwd=folder,
            env=ENVIRONMENT,
            input=feed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=keep_open,
            user=self.uid if self.switch else None,
            group=self.gid if self.switch else None,
            extra_groups=[] if self.switch else None,
        )

    def _has_search_permission(self, folder: Path) -> bool:
        status = folder.stat()
        shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
        return self.uid == ROOT or bool(status.st_mode >> shift & 1)


def server_account(folder: Path, *, euid: int) -> Account:
    """Choose who runs the server that lives in the folder: we, or for root the folder's owner.

    Raises:
        UsageError: the folder belongs to a user that this machine does not know.
    """
    if euid != ROOT:
        return _account(euid, switch=False)
    owner = folder.stat().st_uid if folder.exists() else ROOT
    if owner == ROOT:
        owner = pwd.getpwnam(FALLBACK_USER).pw_uid
    return _account(owner, switch=True)


def _account(uid: int, *, switch: bool) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError as error:
        # initdb looks the name up as well, and its own message does not say what to do.
        raise UsageError(
            f"user id {uid} has no name on this machine, and PostgreSQL needs one: "
            "add it to /etc/passwd, or point SOCIALLIVE_DATABASE_URL to another PostgreSQL"
        ) from error
    return Account(entry.pw_name, uid, entry.pw_gid, switch)
