"""A cold month's manifest: its files, what was proved of them, and the manifest written before."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from assets.resources.manifest import DataFile
from assets.resources.row_count import Count
from schema.errors import CorruptPartitionError

TABLE = "user_engagement"
REMEDY = (
    "bring it back from a copy of the cold store; where PostgreSQL still holds the month, "
    "`sociallive archive` writes it anew"
)

WITHOUT_CHAIN = "bring it back from a copy of the cold store, nothing of it can be trusted without"


@dataclass(frozen=True, slots=True)
class ColumnProof:
    """Values of a column that are not null, and the sum of their digests."""

    values: int
    digest: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What two sets of rows have in common when they are the same; instants in microseconds.

    `columns` has, besides each column, the whole row as `row`.
    """

    rows: int
    distinct_ids: int
    first_us: int | None
    last_us: int | None
    columns: dict[str, ColumnProof]


@dataclass(frozen=True, slots=True)
class ColdManifest:
    """What one month of the cold store consists of.

    `previous`: SHA-256 of the manifest written before, of whichever month. `archived`: what
    PostgreSQL's archive held of the month when this was written; less than `proof.rows` when it had
    been dropped before and late rows came. `days`: rows and fingerprint as ingestion adds them up.
    `dropped`: names of the files whose rows PostgreSQL had dropped when this was written; manifests
    of older versions do not tell.
    """

    month: date
    sequence: int
    previous: str
    load_id: str
    files: list[DataFile]
    archived: Count
    proof: Proof
    days: dict[date, Count]
    snapshot: str
    written_at: datetime
    table: str = TABLE
    reason: str = "archived"
    dropped: list[str] | None = None

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return self.proof.rows

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size_bytes for file in self.files)


Signed: TypeAlias = tuple[ColdManifest, str]
"""A manifest, and the SHA-256 of its text."""


def dropped_files(signed: Signed, dropped_as: str | None) -> list[DataFile]:
    """Files whose rows PostgreSQL has dropped; of rows of the others it says whether they exist.

    `dropped_as`: the digest of the manifest for which it dropped the month last, if it did.
    """
    manifest, digest = signed
    if dropped_as is None:
        return []
    if manifest.dropped is None or digest == dropped_as:
        return manifest.files
    return [file for file in manifest.files if file.name in manifest.dropped]


@dataclass(frozen=True, slots=True)
class Link:
    """One writing of a month: its place in the order, and the digest of its manifest."""

    sequence: int
    month: date
    sha256: str
    previous: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Every writing of a month since the cold store began, oldest first."""

    links: list[Link] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Digest of the newest manifest."""
        return self.links[-1].sha256 if self.links else ""

    @property
    def next_sequence(self) -> int:
        """Place of the manifest to be written next."""
        return len(self.links) + 1

    def newest(self) -> dict[date, Link]:
        """The link of each month that counts."""
        return {link.month: link for link in self.links}

    def is_continued_by(self, manifest: ColdManifest) -> bool:
        """Whether the manifest was published and the chain not yet told: a writer was killed."""
        return (manifest.sequence, manifest.previous) == (self.next_sequence, self.head)

    def broken_links(self) -> list[str]:
        """What is wrong with the order of the links."""
        expected = ["", *(link.sha256 for link in self.links)]
        return [
            f"link {position} of the chain does not follow from the one before it"
            for position, (link, previous) in enumerate(
                zip(self.links, expected, strict=False), start=1
            )
            if (link.sequence, link.previous) != (position, previous)
        ]


def digest_of(text: str) -> str:
    """SHA-256 of a manifest's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def month_name(month: date) -> str:
    """A month as folders and people write it."""
    return f"{month:%Y-%m}"


def month_of(day: date) -> date:
    """First day of the day's month."""
    return day.replace(day=1)


def write_cold_manifest(manifest: ColdManifest) -> str:
    """The manifest's text; equal manifests have equal texts."""
    facts = asdict(manifest) | {
        "month": month_name(manifest.month),
        "days": {day.isoformat(): asdict(count) for day, count in sorted(manifest.days.items())},
        "written_at": manifest.written_at.isoformat(),
    }
    return json.dumps(facts, indent=1) + "\n"


def read_cold_manifest(path: Path) -> Signed | None:
    """A manifest and its digest; none when there is no such file.

    Raises:
        CorruptPartitionError: the file is not a manifest.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return _parse_manifest(json.loads(text)), digest_of(text)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptPartitionError(f"{path} is not a readable manifest: {REMEDY}") from error


def write_chain(chain: Chain) -> str:
    """The chain's text."""
    links = [asdict(link) | {"month": month_name(link.month)} for link in chain.links]
    return json.dumps({"table": TABLE, "links": links}, indent=1) + "\n"


def read_chain(path: Path) -> Chain:
    """The chain; an empty one when there is no such file.

    Raises:
        CorruptPartitionError: the file is not a chain.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        return Chain([Link(**link | {"month": _month(link["month"])}) for link in facts["links"]])
    except FileNotFoundError:
        return Chain()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptPartitionError(
            f"{path} is not a readable chain of manifests: {WITHOUT_CHAIN}"
        ) from error


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _parse_manifest(facts: dict[str, Any]) -> ColdManifest:
    proof = facts["proof"]
    columns = {name: ColumnProof(**column) for name, column in proof["columns"].items()}
    return ColdManifest(
        **facts
        | {
            "month": _month(facts["month"]),
            "files": [DataFile(**file) for file in facts["files"]],
            "archived": Count(**facts["archived"]),
            "proof": Proof(**proof | {"columns": columns}),
            "days": {
                date.fromisoformat(day): Count(**count) for day, count in facts["days"].items()
            },
            "written_at": datetime.fromisoformat(facts["written_at"]),
        }
    )
