"""From a look around to word that went out: noted first, then sent, channel by channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.alerts.channel import Channel
from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.message import Event, Message, Told, write_message
from pipelines.alerts.news import take_note
from pipelines.alerts.notebook import Notebook, Notes
from pipelines.alerts.problem import Findings, Problem

TEST = Problem(
    key="test",
    kind=Kind.RUN_FAILED,
    severity=Severity.WARNING,
    subject="this channel works",
    sentence="Alerts of Social Live arrive here: somebody ran `sociallive alerts --test`.",
)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many messages were taken, and what the channels said that did not take theirs."""

    taken: int = 0
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """Notes what is new, and sends what channels do not have yet.

    A message is in the notes before the first channel hears of it, an attempt before it is made,
    and each channel is crossed off as soon as it has it: a process that dies in between sends to
    one channel again, loses nothing, and is not killed by the same channel each time.
    """

    notebook: Notebook
    channels: Sequence[Channel] = field(default_factory=tuple)

    def tell(self, look: Callable[[datetime | None], Findings], now: datetime) -> Sent | None:
        """Look around and tell what is to be told; None where another process is at it.

        Raises:
            StorageError: the notes cannot be read or written; nothing was sent.
        """
        with self.notebook.locked() as is_ours:
            if not is_ours:
                return None
            notes = self.notebook.read_or_begin_anew()
            findings = look(notes.looked_at)
            names = [channel.name for channel in self.channels]
            notes = take_note(notes, findings, names, now)
            self.notebook.write(notes)
            return self._send_all(notes, now)

    def test(self, now: datetime) -> dict[str, str | None]:
        """Send a test through every channel; what each said against it."""
        message = write_message(Event.TEST, [Told(TEST, now)], (), now)
        return {channel.name: channel.send(message) for channel in self.channels}

    def _send_all(self, notes: Notes, now: datetime) -> Sent:
        sent = Sent()
        for channel in self.channels:
            notes, sent = self._send(notes, channel, sent, now)
        return sent

    def _send(
        self, notes: Notes, channel: Channel, sent: Sent, now: datetime
    ) -> tuple[Notes, Sent]:
        """Everything that a channel is to have, oldest first, until it does not take something.

        "Well again" never arrives before its alert, but for an alert that is refused every time.
        """
        for message in notes.messages:
            if not message.is_due(channel.name, now):
                if message.holds_up(channel.name):
                    break
                continue
            trying = message.missed_by(channel.name, now)
            notes = self._renew(notes, message, trying)
            trouble = channel.send(message)
            if trouble:
                return notes, Sent(sent.taken, (*sent.troubles, trouble))
            notes = self._renew(notes, trying, trying.taken_by(channel.name))
            sent = Sent(sent.taken + 1, sent.troubles)
        return notes, sent

    def _renew(self, notes: Notes, before: Message, now: Message) -> Notes:
        """Note how far a message is; one that every channel has is not kept."""
        messages = (now if message is before else message for message in notes.messages)
        renewed = replace(notes, messages=tuple(one for one in messages if one.waiting))
        self.notebook.write(renewed)
        return renewed
