"""Files that are written whole, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from assets.resources.durable_files import fsync_path
from schema.errors import StorageError, UsageError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Where to write; when the block ends well, what is there takes the place of the file.

    Raises:
        StorageError: it cannot be written.
        UsageError: it is a folder.
    """
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a file in it")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        fsync_path(unfinished)
        unfinished.replace(path)
        fsync_path(path.parent)
    except (OSError, duckdb.IOException) as error:
        raise StorageError(
            f"{path} cannot be written ({_reason(error)}): choose another place, or free some "
            "space; a file that was there is untouched"
        ) from error
    finally:
        with suppress(OSError):
            unfinished.unlink()


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error).splitlines()[0]
