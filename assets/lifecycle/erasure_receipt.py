"""What an erasure removed where, without saying whose it was."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assets.resources.durable_files import replace_private


@dataclass(frozen=True, slots=True)
class Removed:
    """Rows and parts (partitions or files) that a place has lost."""

    rows: int
    parts: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """Of one erasure. `days_to_run`: days whose numbers have yet to be computed without it.

    `unread`: partitions of the lake and files that a preview could not count, each in a sentence.
    """

    token: str
    targets: Mapping[str, Removed]
    days_to_run: tuple[date, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of all places."""
        return sum(removed.rows for removed in self.targets.values())

    def having_run(self) -> "Receipt":
        """The same, when those days have been computed again."""
        return replace(self, days_to_run=())


def add_to(targets: dict[str, Removed], name: str, rows: int, parts: int) -> None:
    """Count what a place has lost besides."""
    before = targets.get(name, Removed(0, 0))
    targets[name] = Removed(before.rows + rows, before.parts + parts)


def without_zeros(targets: Mapping[str, Removed]) -> dict[str, Removed]:
    """Places that have lost anything."""
    return {name: removed for name, removed in targets.items() if removed.rows or removed.parts}


def write_receipt(folder: Path, receipt: Receipt) -> Path:
    """Write it beside the tombstones.

    Raises:
        StorageError: the folder cannot be written.
    """
    facts = {
        "token": receipt.token,
        "removed": {
            name: {"rows": removed.rows, "parts": removed.parts}
            for name, removed in sorted(receipt.targets.items())
        },
        "days_to_run": [day.isoformat() for day in receipt.days_to_run],
    }
    path = receipt_path(folder, receipt.token)
    replace_private(path, json.dumps(facts, indent=1).encode())
    return path


def read_receipt(folder: Path, token: str) -> Receipt | None:
    """Read a receipt; none when the erasure has not come so far."""
    path = receipt_path(folder, token)
    if not path.exists():
        return None
    facts = json.loads(path.read_text(encoding="utf-8"))
    return Receipt(
        facts["token"],
        {name: Removed(**removed) for name, removed in facts["removed"].items()},
        tuple(date.fromisoformat(day) for day in facts["days_to_run"]),
    )


def days_owed(folder: Path, token: str, days: Iterable[date]) -> tuple[date, ...]:
    """Days to compute again, with those that an earlier receipt of this token has waiting."""
    earlier = read_receipt(folder, token)
    return tuple(sorted({*days, *(earlier.days_to_run if earlier else ())}))


def receipt_path(folder: Path, token: str) -> Path:
    """Where a receipt lies."""
    return folder / f"{token}.json"
