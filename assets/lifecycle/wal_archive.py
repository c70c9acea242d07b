"""The archived write-ahead log: which segments there are, and that none is missing or damaged."""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from schema.errors import BrokenBackupError

COMPRESSED = ".gz"
SEGMENT = re.compile(r"[0-9A-F]{24}")
# Segment names count to FF… in their last eight digits, whose range depends on the segments' size.
LOG_BYTES = 1 << 32
READ_BYTES = 1 << 20


def archived_segments(archive: Path) -> list[str]:
    """Names of the segments in the archive, in the order of the log."""
    names = [path.name.removesuffix(COMPRESSED) for path in archive.glob(f"*{COMPRESSED}")]
    return sorted(name for name in names if SEGMENT.fullmatch(name))


def segments_between(first: str, last: str, *, segment_bytes: int) -> Iterator[str]:
    """Names from first to last of one timeline, both included."""
    per_log = LOG_BYTES // segment_bytes
    for number in range(_number(first, per_log), _number(last, per_log) + 1):
        yield f"{first[:8]}{number // per_log:08X}{number % per_log:08X}"


def require_segments(archive: Path, first: str, last: str, *, segment_bytes: int) -> int:
    """Read every segment that a recovery needs; return how many.

    Raises:
        BrokenBackupError: one is missing, cut short or damaged; names it.
    """
    names = list(segments_between(first, last, segment_bytes=segment_bytes))
    for name in names:
        path = archive / f"{name}{COMPRESSED}"
        if not path.is_file():
            raise BrokenBackupError(
                f"{path} is missing: the log is archived from {first}, and no recovery gets past "
                "this segment; take a new base backup with `sociallive backup`"
            )
        _require_whole(path, segment_bytes)
    return len(names)


def _require_whole(path: Path, segment_bytes: int) -> None:
    size = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(READ_BYTES):
                size += len(block)
    except (OSError, EOFError, zlib.error) as error:
        raise BrokenBackupError(
            f"{path} is damaged ({error}): no recovery gets past this segment; take a new base "
            "backup with `sociallive backup`"
        ) from error
    if size != segment_bytes:
        raise BrokenBackupError(
            f"{path} holds {size:,} bytes of a segment of {segment_bytes:,}: take a new base "
            "backup with `sociallive backup`"
        )


def _number(segment: str, per_log: int) -> int:
    return int(segment[8:16], 16) * per_log + int(segment[16:], 16)
