"""A partition's manifest: the list of its files; its rename is the moment of publication."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assets.resources.durable_files import write_synced
from schema.errors import CorruptPartitionError
from schema.windows import ONE_DAY, start_of

MANIFEST = "manifest.json"
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class DataFile:
    """One Parquet file of a partition; when its rows happened, from first to last, as ISO text."""

    name: str
    rows: int
    size_bytes: int
    sha256: str
    first_at: str | None = None
    last_at: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """When and from which state of PostgreSQL a partition was read, and whether it was whole.

    `snapshot`: that state, as `pg_current_snapshot()` writes it. `fingerprint`: sum of the rows'
    hashes. `is_settled`: no transaction that could still add rows was open. `is_final`: settled,
    and a later recount agreed. `seconds`: what reading, checking and writing took.
    """

    taken_at: datetime
    first_taken_at: datetime
    snapshot: str
    is_final: bool
    is_settled: bool = False
    recounted_at: datetime | None = None
    fingerprint: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Computation:
    """What a partition was computed from: a digest of what it read per input table.

    `is_final`: every partition that it read was.
    """

    inputs: dict[str, str]
    is_final: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one published partition consists of."""

    table: str
    day: date
    load_id: str
    fence: int
    files: list[DataFile] = field(default_factory=list)
    extraction: Extraction | None = None
    computation: Computation | None = None

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)

    @property
    def first_at(self) -> str | None:
        """When the earliest row happened; none where rows have no such moment."""
        return min((file.first_at for file in self.files if file.first_at), default=None)

    @property
    def last_at(self) -> str | None:
        """When the latest row happened; none where rows have no such moment."""
        return max((file.last_at for file in self.files if file.last_at), default=None)

    @property
    def is_final(self) -> bool | None:
        """Whether its numbers can still change; none where nobody has noted it."""
        facts = self.extraction or self.computation
        return facts.is_final if facts else None

    @property
    def was_over(self) -> bool | None:
        """Whether the day had ended when it was read; none where nothing was extracted."""
        return self.extraction.taken_at >= start_of(self.day + ONE_DAY) if self.extraction else None

    @property
    def content(self) -> str:
        """What tells this content from another, whatever the order of extracted rows."""
        if self.extraction and self.extraction.fingerprint is not None:
            return f"{self.rows} rows, {self.extraction.fingerprint}"
        return " ".join(file.sha256 for file in self.files)


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write a manifest under a name that no reader looks at yet."""
    text = json.dumps(asdict(manifest), default=lambda moment: moment.isoformat(), indent=1)
    write_synced(path, text.encode())


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a partition's folder; none means that it was never published.

    Raises:
        CorruptPartitionError: the manifest is there but is not one of ours.
    """
    path = folder / MANIFEST
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptPartitionError(
            f"{path} is not a readable manifest: run the day again to publish it anew"
        ) from error


def _parse(facts: dict[str, Any]) -> Manifest:
    extraction, computation = facts["extraction"], facts.get("computation")
    return Manifest(
        table=facts["table"],
        day=date.fromisoformat(facts["day"]),
        load_id=facts["load_id"],
        fence=facts["fence"],
        files=[DataFile(**file) for file in facts["files"]],
        extraction=extraction and _parse_extraction(extraction),
        computation=computation and Computation(**computation),
    )


def _parse_extraction(facts: dict[str, Any]) -> Extraction:
    recounted_at = facts.get("recounted_at")
    instants = {
        "taken_at": datetime.fromisoformat(facts["taken_at"]),
        "first_taken_at": datetime.fromisoformat(facts["first_taken_at"]),
        "recounted_at": recounted_at and datetime.fromisoformat(recounted_at),
    }
    return Extraction(**{**facts, **instants})


def sha256_of(path: Path) -> str:
    """Digest a file without holding it in memory."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
