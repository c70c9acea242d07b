"""The files that may be served: named by rule, never by what a request says."""

import re
from pathlib import Path
from uuid import UUID

SHARED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(js|css|svg|woff2)")
KINDS = {
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}


def creator_file(reports: Path, user_id: UUID, name: str) -> Path | None:
    """A file of a creator's folder; none when it is not there."""
    return _plain_file(reports / "creators" / str(user_id), name)


def shared_file(reports: Path, name: str) -> tuple[Path | None, str]:
    """A file that all pages use, and its media type."""
    match = SHARED_NAME.fullmatch(name)
    if match is None:
        return None, ""
    return _plain_file(reports / "creators" / "shared", name), KINDS[match[1]]


def _plain_file(folder: Path, name: str) -> Path | None:
    """A regular file of the folder itself: no link leads out of it."""
    path = folder / name
    is_plain = path.is_file() and not path.is_symlink() and not folder.is_symlink()
    return path if is_plain else None
