"""What each restore drill found, kept beside the backups."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from assets.lifecycle.backup_folder import (
    BASES,
    DRILLS,
    DUMPS,
    BackupFolder,
    instant_of,
)
from assets.resources.durable_files import replace_private

KEPT = 100
SUFFIX = ".json"


@dataclass(frozen=True, slots=True)
class DrillRecord:
    """One drill. `failure` is its one sentence; none means that everything was as backed up.

    `base` is None where there was none to recover, or none that these programs could run;
    `notes` say so, and what else could not be tried. `recovered_until` is the marker's instant.
    """

    drill: str
    dump: str
    base: str | None
    failure: str | None
    tables: int
    rows: int
    size_bytes: int
    restore_seconds: float
    recovery_seconds: float | None
    recovered_until: datetime | None
    notes: tuple[str, ...] = ()


def write_record(folder: BackupFolder, record: DrillRecord) -> None:
    """Keep a record, and forget the oldest ones."""
    text = json.dumps(asdict(record), default=lambda moment: moment.isoformat(), indent=1)
    replace_private(folder.root / DRILLS / f"{record.drill}{SUFFIX}", text.encode())
    for path in sorted((folder.root / DRILLS).glob(f"*{SUFFIX}"))[:-KEPT]:
        path.unlink()


def read_records(folder: BackupFolder, now: datetime) -> list[DrillRecord]:
    """All records, oldest first; one that a killed drill left unreadable is none.

    Nor is one that a wrong clock dated after `now`: it would stay the newest until then.
    """
    records = []
    for path in sorted((folder.root / DRILLS).glob(f"*{SUFFIX}")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
            until = facts["recovered_until"]
            revived = {"recovered_until": until and datetime.fromisoformat(until)}
            record = DrillRecord(**{**facts, **revived, "notes": tuple(facts["notes"])})
            if instant_of(record.drill) <= now:
                records.append(record)
        except (ValueError, KeyError, TypeError):
            continue
    return records


def newest_proven(folder: BackupFolder, kind: str, now: datetime) -> str | None:
    """Name of the newest backup that a successful drill has restored."""
    proven = [
        {DUMPS: record.dump, BASES: record.base}[kind]
        for record in read_records(folder, now)
        if record.failure is None
    ]
    return max((name for name in proven if name), default=None)
