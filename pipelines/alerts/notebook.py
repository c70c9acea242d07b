"""What is known of problems: one file below the home, replaced whole, changed under a lock."""

import fcntl
import json
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.resources.durable_files import replace_private
from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.message import Event, Message, Told, Wait
from pipelines.alerts.problem import Problem
from schema.errors import StorageError

NAME = "alerts.json"
LOCK = "lock"
UNREADABLE = f"{NAME}.unreadable"
# What reading raises of a file that somebody else wrote, or that is damaged.
NONE_OF_OURS = (ValueError, KeyError, TypeError, AttributeError)


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """A problem that lasts: since when; how often people were told, last when, at worst as what."""

    problem: Problem
    since: datetime
    times_told: int = 0
    last_told_at: datetime | None = None
    told_as: Severity | None = None


@dataclass(frozen=True, slots=True)
class Notes:
    """Open problems by key, messages that a channel lacks, and the time of the last look."""

    problems: Mapping[str, OpenProblem] = field(default_factory=dict)
    messages: tuple[Message, ...] = ()
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """The folder of the notes."""

    folder: Path

    def read(self) -> Notes:
        """The notes as they are now; none where nobody has looked yet.

        Raises:
            StorageError: they cannot be read, or are none of ours.
        """
        try:
            return self._read()
        except NONE_OF_OURS as error:
            raise StorageError(
                f"{self.folder / NAME} is not readable: remove it, and what is wrong is told anew"
            ) from error
        except OSError as error:
            raise StorageError(
                f"{self.folder / NAME} cannot be read ({error.strerror}): mend it"
            ) from error

    def read_or_begin_anew(self) -> Notes:
        """The notes; damaged ones are put aside, others' removed: rather tell twice than nobody.

        Raises:
            StorageError: the folder cannot be read or written.
        """
        path = self.folder / NAME
        try:
            try:
                return self._read()
            except NONE_OF_OURS:
                path.replace(path.with_name(UNREADABLE))
            except PermissionError:
                # Put aside, it would stop whoever looks there for a person to erase.
                path.unlink()
        except OSError as error:
            raise StorageError(f"{path} cannot be used ({error.strerror}): mend it") from error
        return Notes()

    def _read(self) -> Notes:
        try:
            return _parse(json.loads((self.folder / NAME).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Notes()

    def write(self, notes: Notes) -> None:
        """Replace the notes.

        Raises:
            StorageError: the folder cannot be written.
        """
        text = json.dumps(asdict(notes), default=lambda moment: moment.isoformat(), indent=1)
        replace_private(self.folder / NAME, text.encode())

    @contextmanager
    def locked(self, *, wait: bool = False) -> Iterator[bool]:
        """Hold the notes while they are changed; False where somebody else does so.

        With `wait`, until nobody else does.

        Raises:
            StorageError: we are root and it is another user's folder, or it cannot be written.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_root_beside_an_owner()
            descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(
                f"{self.folder} cannot be written ({error.strerror}): mend it"
            ) from error
        try:
            is_ours = _is_taken(descriptor, wait=wait)
            if is_ours:
                os.utime(descriptor)
            yield is_ours
        finally:
            os.close(descriptor)

    def _refuse_root_beside_an_owner(self) -> None:
        """What root writes here its owner cannot read, who tells people all day.

        Modes keep others out; and a mount may report any owner.
        """
        owner = self.folder.stat().st_uid
        if os.geteuid() == 0 and owner != 0:
            raise StorageError(
                f"{self.folder} belongs to the user {_name_of(owner)}: run this as that user"
            )

    def held_since(self) -> datetime:
        """When somebody took hold of the notes last.

        Raises:
            StorageError: the folder cannot be read.
        """
        path = self.folder / LOCK
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise StorageError(f"{path} cannot be read ({error.strerror}): mend it") from error


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _is_taken(descriptor: int, *, wait: bool) -> bool:
    """Take the lock of a file; it ends with the process, however that ends."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _parse(facts: dict[str, Any]) -> Notes:
    return Notes(
        problems={key: _open_problem(known) for key, known in facts["problems"].items()},
        messages=tuple(_message(message) for message in facts["messages"]),
        looked_at=_moment(facts["looked_at"]),
    )


def _open_problem(facts: dict[str, Any]) -> OpenProblem:
    return OpenProblem(
        problem=_problem(facts["problem"]),
        since=datetime.fromisoformat(facts["since"]),
        times_told=facts["times_told"],
        last_told_at=_moment(facts["last_told_at"]),
        told_as=Severity(facts["told_as"]) if facts.get("told_as") else None,
    )


def _problem(facts: dict[str, Any]) -> Problem:
    named = {"kind": Kind(facts["kind"]), "severity": Severity(facts["severity"])}
    return Problem(**(facts | named))


def _message(facts: dict[str, Any]) -> Message:
    waiting = {
        channel: Wait(wait["attempts"], datetime.fromisoformat(wait["not_before"]))
        for channel, wait in facts["waiting"].items()
    }
    told = tuple(
        Told(_problem(one["problem"]), datetime.fromisoformat(one["since"]))
        for one in facts["told"]
    )
    return Message(Event(facts["event"]), datetime.fromisoformat(facts["at"]), told, waiting)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
