"""The folder of all backups: what is in it, who may work on it, how one appears and goes.

Below it: `dumps/<backup>` and `bases/<backup>`, named after the UTC instant at which each was
begun, and `drills/<instant>.json`. Only its owner can look into it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.resources.durable_files import fsync_path
from schema.errors import PartitionLockedError, StorageError

DUMPS, BASES, DRILLS = "dumps", "bases", "drills"
NAME_FORMAT = "%Y-%m-%dT%H-%M-%S.%fZ"
LOCK = "lock"
# No backup's name begins like this.
HIDDEN = "."
ONLY_OWNER = 0o700


def name_of(begun_at: datetime) -> str:
    """Name of a backup or drill that began at this instant."""
    return begun_at.astimezone(UTC).strftime(NAME_FORMAT)


def instant_of(name: str) -> datetime:
    """The instant in a name."""
    return datetime.strptime(name, NAME_FORMAT).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BackupFolder:
    """All backups of one installation."""

    root: Path

    def names(self, kind: str) -> list[str]:
        """Names of the published backups of a kind, oldest first."""
        folder = self.root / kind
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(path.name for path in found if _is_name(path.name))

    def newest(self, kind: str, now: datetime) -> str | None:
        """Name of the newest of them; one that a wrong clock dated after `now` is not meant."""
        return max((name for name in self.names(kind) if instant_of(name) <= now), default=None)

    def path(self, kind: str, name: str) -> Path:
        """Folder of a backup."""
        return self.root / kind / name

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one that takes or tries backups; clear away what killed ones have left.

        Raises:
            PartitionLockedError: somebody else does.
            StorageError: the folder cannot be written.
        """
        with refuse_full_disk(self.root):
            for folder in (self.root, *(self.root / kind for kind in (DUMPS, BASES, DRILLS))):
                folder.mkdir(mode=ONLY_OWNER, parents=True, exist_ok=True)
                folder.chmod(ONLY_OWNER)
            held = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear_unfinished()
            yield
        except BlockingIOError as error:
            raise PartitionLockedError(
                f"another backup or restore drill works in {self.root}: run again when it is done"
            ) from error
        finally:
            os.close(held)

    @contextmanager
    def new(self, kind: str, name: str) -> Iterator[Path]:
        """A hidden folder that appears under its name when the block has filled it.

        Raises:
            StorageError: the disk is full or read-only; nothing appears.
        """
        unfinished, published = self.root / kind / f"{HIDDEN}{name}", self.path(kind, name)
        try:
            with refuse_full_disk(unfinished):
                unfinished.mkdir(mode=ONLY_OWNER)
                yield unfinished
                fsync_path(unfinished)
                unfinished.rename(published)
                fsync_path(published.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def remove(self, kind: str, name: str) -> None:
        """Remove a backup; it is out of sight at once, whatever interrupts this."""
        hidden = self.root / kind / f"{HIDDEN}{name}"
        self.path(kind, name).rename(hidden)
        fsync_path(hidden.parent)
        shutil.rmtree(hidden)

    def _clear_unfinished(self) -> None:
        for kind in (DUMPS, BASES, DRILLS):
            for path in (self.root / kind).glob(f"{HIDDEN}*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def refuse_full_disk(path: Path) -> Iterator[None]:
    """Tell an unwritable folder in one sentence.

    Raises:
        StorageError: says which folder, and why.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written ({error.strerror or error}): make room or mend it and run "
            "again; older backups are untouched"
        ) from error


def _is_name(text: str) -> bool:
    try:
        return bool(instant_of(text))
    except ValueError:
        return False
