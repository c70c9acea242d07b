"""The secret of an installation that its links are signed with."""

import os
import secrets
from pathlib import Path

from assets.resources.manifest import fsync_folder
from schema.errors import StorageError, UsageError

KEY_BYTES = 32


def installation_key(path: Path) -> bytes:
    """Read the key; make it when there is none. Whoever comes second takes the first one's.

    Raises:
        StorageError: the folder cannot be written or read.
        UsageError: the file holds something else.
    """
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be made or read ({error.strerror}): mend it") from error
    if len(key) != KEY_BYTES:
        raise UsageError(
            f"{path} is not a key of {KEY_BYTES} bytes: bring the right one back, or remove it; "
            "links in mail that was sent end to work when it is another"
        )
    return key


def _make(path: Path) -> None:
    """Write under a name of its own and link that: a link never replaces what is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _link(unfinished, path)
    finally:
        unfinished.unlink()
    fsync_folder(path.parent)


def _link(unfinished: Path, path: Path) -> None:
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return
