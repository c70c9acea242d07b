"""The secret of an installation that its links are signed with."""

import secrets
from pathlib import Path

from assets.resources.durable_files import fsync_path, write_private
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
    try:
        write_private(unfinished, secrets.token_bytes(KEY_BYTES))
        _link(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    fsync_path(path.parent)


def _link(unfinished: Path, path: Path) -> None:
    try:
        path.hardlink_to(unfinished)
    except FileExistsError:
        return
