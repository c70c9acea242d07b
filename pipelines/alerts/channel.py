"""A way for messages to reach people."""

from typing import Protocol

from pipelines.alerts.message import Message


class Channel(Protocol):
    """Takes messages one by one; what goes wrong outside is a sentence, not an error."""

    @property
    def name(self) -> str:
        """What tells it from the others."""

    @property
    def place(self) -> str:
        """Where messages go, without secrets."""

    def send(self, message: Message) -> str | None:
        """Hand a message over; why not, where it was not taken."""
