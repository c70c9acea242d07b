"""Mail as files: where no server is set, each message lies in the outbox folder."""

from dataclasses import dataclass
from pathlib import Path

from assets.resources.durable_files import replace_private
from reports.delivery.plain_line import plain_line
from reports.delivery.senders import LONGEST_SENTENCE, Mail, Outcome, Verdict
from schema.errors import StorageError


@dataclass(frozen=True, slots=True)
class EmlFolder:
    """Writes `<folder>/<period>-<last day>/<user id>.eml`; the same mail gives the same file."""

    folder: Path

    @property
    def reaches_anyone(self) -> bool:
        """A file is written for everybody: nothing leaves the machine."""
        return True

    def path_of(self, mail: Mail) -> Path:
        """Where a mail lies; named after ids only."""
        name = f"{mail.period.period}-{mail.period.last}"
        return self.folder / name / f"{mail.user_id}.eml"

    def hand_over(self, mail: Mail) -> Outcome:
        """Write the file, whole or not at all."""
        try:
            replace_private(self.path_of(mail), mail.content)
        except StorageError as error:
            return Outcome(Verdict.UNREACHABLE, plain_line(str(error), LONGEST_SENTENCE))
        return Outcome(Verdict.ACCEPTED)

    def withdraw(self, mail: Mail) -> None:
        """Remove the file."""
        self.path_of(mail).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing stays open."""
