"""Choices of how often reports come, kept in the home as well: no restored backup takes them back.

One file per creator, named after the id, which is how erasure finds it. Files and table tell each
other what they lack; the newer choice holds.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from assets.resources.durable_files import replace_private
from schema.errors import StorageError

SUFFIX = ".json"


class Frequency(StrEnum):
    """How often reports come; weekly unless the creator chose otherwise."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    OFF = "off"


class ChangedBy(StrEnum):
    """Who made a choice: the creator by a link, or an operator for them."""

    CREATOR = "creator"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a creator wants, since when, and who said so."""

    user_id: UUID
    frequency: Frequency
    changed_at: datetime
    changed_by: ChangedBy


@dataclass(frozen=True, slots=True)
class KeptChoices:
    """The folder of them."""

    folder: Path

    def keep(self, choice: Choice) -> None:
        """Keep a choice instead of an earlier one, by whoever holds its row in the table.

        Raises:
            StorageError: the folder cannot be written.
        """
        facts = {
            "frequency": choice.frequency,
            "changed_at": choice.changed_at.isoformat(),
            "changed_by": choice.changed_by,
        }
        replace_private(self._path(choice.user_id), json.dumps(facts).encode())

    def read(self) -> Iterator[Choice]:
        """All of them.

        Raises:
            StorageError: one cannot be read, and nobody knows whether its creator wants mail.
        """
        for path in sorted(self.folder.glob(f"*{SUFFIX}")):
            try:
                facts = json.loads(path.read_text(encoding="utf-8"))
                yield Choice(
                    UUID(path.stem),
                    Frequency(facts["frequency"]),
                    datetime.fromisoformat(facts["changed_at"]),
                    ChangedBy(facts["changed_by"]),
                )
            except FileNotFoundError:
                # Erased since it was listed.
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise StorageError(
                    f"{path} cannot be read, and nobody is mailed before it is known who wants no "
                    "mail: bring it back from a copy of the home, or choose again with "
                    f"`sociallive preferences {path.stem} off`"
                ) from error

    def _path(self, user_id: UUID) -> Path:
        return self.folder / f"{user_id}{SUFFIX}"
