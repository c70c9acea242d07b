"""What is to be said to whom: messages and how far each channel is with them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from pipelines.alerts.kinds import Severity
from pipelines.alerts.problem import Problem, gravest_first

# Between attempts of a channel that does not take a message.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
# Something that a channel did not take so often gives way to what comes after it.
GIVES_WAY_AFTER = 5
# Nobody wants to hear of trouble that long ago.
KEPT = timedelta(days=14)


class Event(StrEnum):
    """Why a message is written."""

    ALERT = "alert"
    REMINDER = "reminder"
    OVER = "over"
    FORGOTTEN = "forgotten"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Told:
    """A problem in a message, and since when it lasts."""

    problem: Problem
    since: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """A channel that has not taken a message yet."""

    attempts: int
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One message about everything that came up together; `waiting`: channels without it."""

    event: Event
    at: datetime
    told: tuple[Told, ...]
    waiting: Mapping[str, Wait] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """The same message has the same name, however often it is sent."""
        facts = [self.event, self.at.isoformat(), *(told.problem.key for told in self.told)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:24]

    @property
    def severity(self) -> Severity:
        """That of the gravest problem."""
        is_error = any(told.problem.severity is Severity.ERROR for told in self.told)
        return Severity.ERROR if is_error else Severity.WARNING

    def is_due(self, channel: str, now: datetime) -> bool:
        """Whether a channel is to try now."""
        wait = self.waiting.get(channel)
        return wait is not None and wait.not_before <= now

    def holds_up(self, channel: str) -> bool:
        """Whether a channel is to have this one before any later one."""
        wait = self.waiting.get(channel)
        return wait is not None and wait.attempts < GIVES_WAY_AFTER

    def taken_by(self, channel: str) -> "Message":
        """The same, after the channel has it."""
        left = {name: wait for name, wait in self.waiting.items() if name != channel}
        return replace(self, waiting=left)

    def missed_by(self, channel: str, now: datetime) -> "Message":
        """The same, after the channel failed: it waits longer each time."""
        attempts = self.waiting[channel].attempts + 1
        wait = min(FIRST_WAIT * (1 << min(attempts - 1, 10)), LONGEST_WAIT)
        return replace(self, waiting={**self.waiting, channel: Wait(attempts, now + wait)})


def write_message(
    event: Event, told: Iterable[Told], channels: Iterable[str], now: datetime
) -> Message:
    """A new message, for every channel that there is."""
    by_key = {one.problem.key: one for one in told}
    ordered = gravest_first(one.problem for one in by_key.values())
    return Message(
        event,
        now,
        tuple(by_key[problem.key] for problem in ordered),
        {channel: Wait(0, now) for channel in channels},
    )
