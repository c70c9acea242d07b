"""Mails that a server may have, kept in the home as well: no restored backup sends one twice.

A file per report period, `<period>-<last day>`, and in it a line per event: `+` before a mail is
handed over, `-` once it is known that it was not taken. A line has the keyed hash of the mail's
Message-ID, and so tells of nobody.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from assets.resources.durable_files import fsync_path
from reports.creator.model import ReportPeriod
from reports.delivery.plain_line import plain_line
from reports.delivery.senders import LONGEST_SENTENCE, Mail, Outcome, Sender, Verdict
from schema.errors import StorageError

BEGUN, NOT_TAKEN = b"+", b"-"
LINE_BYTES = 33
# For longer than backups are kept.
KEPT_FOR = timedelta(days=400)
GIVEN_BEFORE = (
    "this home handed it to a mail server before, of which the database, restored from a backup, "
    "does not know"
)
NOT_GIVEN = {Verdict.LATER, Verdict.REFUSED, Verdict.UNREACHABLE}


@dataclass(slots=True)
class HandedOver:
    """The folder of those files, as one sender after the other adds to it."""

    folder: Path
    _known: dict[Path, set[bytes]] = field(default_factory=dict, repr=False)

    def has(self, mail: Mail) -> bool:
        """Whether a server may have it.

        Raises:
            StorageError: the folder cannot be read.
        """
        path = self._path(mail.period)
        if path not in self._known:
            with _refused(path):
                self._known = {path: _read(path)}
        return _identity(mail) in self._known[path]

    def begin(self, mail: Mail) -> None:
        """Note that it is handed over from now on; on disk when this returns.

        Raises:
            StorageError: the folder cannot be written.
        """
        self._write(mail, BEGUN)

    def take_back(self, mail: Mail) -> None:
        """Note that no server has taken it.

        Raises:
            StorageError: the folder cannot be written.
        """
        self._write(mail, NOT_TAKEN)

    def _write(self, mail: Mail, event: bytes) -> None:
        path = self._path(mail.period)
        with _refused(path):
            is_new = not path.exists()
            if is_new:
                # First: what stops it costs no mail that stands here already.
                self._remove_old(mail.period)
            # After the end of a line that a full disk or a power loss has broken off.
            _append(path, b"\n" + event + _identity(mail))
            if is_new:
                fsync_path(self.folder)
        _tell(self._known.setdefault(path, set()), event, _identity(mail))

    def _remove_old(self, period: ReportPeriod) -> None:
        for path in self.folder.glob("*-????-??-??"):
            # Whatever else somebody has put there is theirs.
            with suppress(ValueError):
                is_old = date.fromisoformat(path.name[-10:]) < period.last - KEPT_FOR
                if is_old and path.is_file():
                    path.unlink(missing_ok=True)

    def _path(self, period: ReportPeriod) -> Path:
        return self.folder / f"{period.period}-{period.last}"


@dataclass(frozen=True, slots=True)
class OnceSender:
    """A sender of which each mail is asked once, whatever the database remembers."""

    sender: Sender
    handed_over: HandedOver

    @property
    def reaches_anyone(self) -> bool:
        """As the sender does."""
        return self.sender.reaches_anyone

    def hand_over(self, mail: Mail) -> Outcome:
        """Send one mail, unless a server may have it; then nobody knows whether it was taken."""
        try:
            if self.handed_over.has(mail):
                return Outcome(Verdict.UNKNOWN, GIVEN_BEFORE)
            self.handed_over.begin(mail)
            outcome = self.sender.hand_over(mail)
            if outcome.verdict in NOT_GIVEN:
                self.handed_over.take_back(mail)
        except StorageError as error:
            return Outcome(Verdict.UNREACHABLE, plain_line(str(error), LONGEST_SENTENCE))
        return outcome

    def withdraw(self, mail: Mail) -> None:
        """Take a mail back where the sender can."""
        self.sender.withdraw(mail)

    def close(self) -> None:
        """Let go of what the sender holds."""
        self.sender.close()


def _identity(mail: Mail) -> bytes:
    """The hash in the Message-ID, whatever domain mail comes from."""
    return mail.message_id.partition("@")[0].rpartition(".")[2].encode()


def _read(path: Path) -> set[bytes]:
    known: set[bytes] = set()
    lines = path.read_bytes().split(b"\n") if path.exists() else []
    for line in lines:
        if len(line) == LINE_BYTES:
            _tell(known, line[:1], line[1:])
    return known


def _tell(known: set[bytes], event: bytes, identity: bytes) -> None:
    if event == BEGUN:
        known.add(identity)
    elif event == NOT_TAKEN:
        known.discard(identity)


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        while line:
            line = line[file.write(line) :]
        os.fsync(file.fileno())


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Tell an unusable file in one sentence.

    Raises:
        StorageError: says which, and why.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} cannot be read or written ({error.strerror}), and no mail is sent that might "
            "go out twice: mend it"
        ) from error
