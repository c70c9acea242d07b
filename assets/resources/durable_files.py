"""Files that are on disk before anybody is told of them: no power loss takes them back."""

import os
from pathlib import Path
from typing import BinaryIO

from schema.errors import StorageError


def fsync_path(path: Path) -> None:
    """Make a file's content, or the names in a folder, survive a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file under a name that no reader looks at yet."""
    with path.open("wb") as file:
        _write(file, content)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, where there is none yet."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        _write(file, content)


def replace_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Raises:
        StorageError: the folder cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished.unlink(missing_ok=True)
        write_private(unfinished, content)
        unfinished.replace(path)
        fsync_path(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}): mend it") from error


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
