"""What sends a mail, and how it can end."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from reports.creator.model import ReportPeriod

# What the outbox keeps of a server's words.
LONGEST_SENTENCE = 300


class Message(Protocol):
    """What a mail server asks of a mail, whatever it is about."""

    @property
    def recipient(self) -> str:
        """One plain address."""

    @property
    def content(self) -> bytes:
        """The whole message, with lines that end as SMTP wants them."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished message to one creator about one period."""

    user_id: UUID
    period: ReportPeriod
    recipient: str = field(repr=False)
    message_id: str
    content: bytes = field(repr=False)


class Verdict(StrEnum):
    """How handing a mail over ended.

    LATER: not taken, may be next time. UNREACHABLE: not taken, and no other would be now.
    REFUSED: never to be tried again. UNKNOWN: handed over, and nobody said whether it was taken.
    """

    ACCEPTED = "accepted"
    LATER = "later"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict, and the sentence for it when it is not accepted."""

    verdict: Verdict
    sentence: str = ""


class Sender(Protocol):
    """Takes mails one by one; told to close at the end."""

    @property
    def reaches_anyone(self) -> bool:
        """Whether it takes mail to addresses that no server could deliver to."""

    def hand_over(self, mail: Mail) -> Outcome:
        """Send one mail; errors of the outside are outcomes."""

    def withdraw(self, mail: Mail) -> None:
        """Take a mail back where that is possible: its creator was erased meanwhile."""

    def close(self) -> None:
        """Let go of what is open."""
