"""What a backup says of itself, and whether its files are still those that were written."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from assets.resources.manifest import sha256_of
from schema.errors import BrokenBackupError

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """One file, by its path within the backup."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TableContents:
    """How many rows a table has, and the sum of their hashes: whatever their order, the same."""

    name: str
    rows: int
    row_hashes: str


@dataclass(frozen=True, slots=True)
class DumpManifest:
    """A logical backup. Tables and objects were counted in the snapshot that was dumped.

    `sequences`: the last number that each had given before. `definitions`: a hash per view,
    function, index and so on, to be compared on the same major version. Older manifests tell
    neither.

    Programs and servers of `programs_major` and newer can restore it.
    """

    backup: str
    database: str
    server_version: str
    server_major: int
    programs_major: int
    started_at: datetime
    ended_at: datetime
    migrations: list[str]
    tables: list[TableContents]
    objects: dict[str, int]
    files: list[BackedUpFile]
    sequences: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class BaseManifest:
    """A physical backup, and the write-ahead log that leads on from it.

    `first_segment` is where a recovery begins; `marker_segment` holds the commit of the backup's
    marker, and is None where the server archives nothing: then it restores to its own end only.
    """

    backup: str
    database: str
    superuser: str
    server_version: str
    server_major: int
    started_at: datetime
    ended_at: datetime
    first_segment: str
    marker_segment: str | None
    segment_bytes: int
    size_bytes: int
    files: list[BackedUpFile]


def describe_files(folder: Path, paths: Iterable[Path]) -> list[BackedUpFile]:
    """Size and digest of files below a backup's folder."""
    return [
        BackedUpFile(str(path.relative_to(folder)), path.stat().st_size, sha256_of(path))
        for path in sorted(paths)
    ]


def verify_files(folder: Path, files: Iterable[BackedUpFile]) -> None:
    """Read every file of a backup again.

    Raises:
        BrokenBackupError: one is missing, shorter or longer, or has another content.
    """
    for file in files:
        path = folder / file.path
        if not path.is_file():
            raise BrokenBackupError(f"{path} is missing: {_advice(folder)}")
        size = path.stat().st_size
        if size != file.size_bytes:
            raise BrokenBackupError(
                f"{path} has {size:,} bytes, and {file.size_bytes:,} were written: "
                f"{_advice(folder)}"
            )
        if sha256_of(path) != file.sha256:
            raise BrokenBackupError(
                f"{path} has changed since it was written (SHA-256): {_advice(folder)}"
            )


def to_json(manifest: DumpManifest | BaseManifest) -> str:
    """Text of a manifest's file."""
    return json.dumps(asdict(manifest), default=lambda moment: moment.isoformat(), indent=1)


def read_dump_manifest(folder: Path) -> DumpManifest:
    """Read what a logical backup says of itself.

    Raises:
        BrokenBackupError: the manifest is missing or is not one of ours.
    """
    facts = _read(folder)
    try:
        facts["tables"] = [TableContents(**table) for table in facts["tables"]]
        return DumpManifest(**_revived(facts))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder) from error


def read_base_manifest(folder: Path) -> BaseManifest:
    """Read what a physical backup says of itself.

    Raises:
        BrokenBackupError: the manifest is missing or is not one of ours.
    """
    facts = _read(folder)
    try:
        return BaseManifest(**_revived(facts))
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(folder) from error


def _read(folder: Path) -> dict[str, Any]:
    try:
        facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(folder) from error
    if not isinstance(facts, dict):
        raise _unreadable(folder)
    return facts


def _revived(facts: dict[str, Any]) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(facts[name]) for name in ("started_at", "ended_at")}
    return facts | moments | {"files": [BackedUpFile(**file) for file in facts["files"]]}


def _unreadable(folder: Path) -> BrokenBackupError:
    return BrokenBackupError(
        f"{folder / MANIFEST} is missing or not a readable manifest: {_advice(folder)}"
    )


def _advice(folder: Path) -> str:
    return f"do not restore {folder.name}; take a new one with `sociallive backup`"
