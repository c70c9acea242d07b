"""One writer of pages at a time: a history is read, renewed and put in its place as one step."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schema.errors import StorageError

LOCK = ".lock"


@contextmanager
def writing_alone(folder: Path) -> Iterator[None]:
    """Wait for other writers of a folder, then keep them out; a killed one lets go by itself.

    Raises:
        StorageError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror or error}): make room or mend it and run "
            "again; pages that are in place are whole"
        ) from error
