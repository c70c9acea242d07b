"""Alerts by webhook: JSON that Slack and those that speak like it show, with fields for others."""

import http.client
import json
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipelines.alerts.message import Message
from pipelines.alerts.webhook_url import WebhookUrl
from pipelines.alerts.words import Item, Places, closing_of, items_of, opening_of, subject_of
from reports.delivery.plain_line import plain_line
from reports.delivery.time_limit import hung_up_after

TIMEOUT_SECONDS = 10
OK, REDIRECTS = 200, 300
LONGEST_ANSWER = 100
FORMAT_VERSION = 1
# Slack reads these as markup; receivers decode them again.
ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts to one address, over a new connection each time; redirects are not followed.

    `timeout`: seconds until an answer begins; the whole exchange may take twice as long.
    """

    url: WebhookUrl
    places: Places = field(repr=False)
    timeout: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return "webhook"

    @property
    def place(self) -> str:
        """The host; the rest of the address is a secret."""
        return self.url.place

    def send(self, message: Message) -> str | None:
        """Post one message; anything but a 2xx answer is a failure."""
        body = json.dumps(write_body(message, self.places)).encode()
        try:
            with self._connected() as connection:
                status, reason = _post(connection, self.url.target, body, message.identity)
        except (OSError, http.client.HTTPException) as error:
            said = plain_line(str(error), LONGEST_ANSWER) or type(error).__name__
            return f"{self.place} cannot be used: {said.replace(self.url.target, '(hidden)')}"
        if OK <= status < REDIRECTS:
            return None
        return f"{self.place} did not take the message: {status} {reason}"

    @contextmanager
    def _connected(self) -> Iterator[http.client.HTTPConnection]:
        """A connection that is hung up when its time is over, however slowly an answer comes."""
        at: tuple[str, int] = (self.url.host, self.url.port)
        connection = http.client.HTTPConnection(*at, timeout=self.timeout)
        if self.url.is_encrypted:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(*at, timeout=self.timeout, context=context)
        with closing(connection), hung_up_after(2 * self.timeout, lambda: connection.sock):
            yield connection


def write_body(message: Message, places: Places) -> dict[str, Any]:
    """What is posted: `text` for people, everything else for programs."""
    items = list(items_of(message, places))
    return {
        "text": "\n".join(_lines(message, items)),
        "version": FORMAT_VERSION,
        "id": message.identity,
        "event": message.event.value,
        "severity": message.severity.value,
        "subject": subject_of(message),
        "at": message.at.isoformat(),
        "problems": [
            {
                "key": told.problem.key,
                "kind": told.problem.kind.value,
                "severity": item.severity.value,
                "subject": item.subject,
                "sentence": item.sentence,
                "since": told.since.isoformat(),
                "link": item.link,
                "runbook": item.runbook,
            }
            for told, item in zip(message.told, items, strict=False)
        ],
    }


def _lines(message: Message, items: list[Item]) -> Iterator[str]:
    """The message as chat programs show it.

    What errors and data said stands as code, where neither links, mentions nor formats work.
    """
    yield f"*{opening_of(message)}*"
    for item in items:
        yield f"• {_code(item.subject)}"
        yield _code(item.sentence)
        yield f"since {item.since}, {item.link.translate(ENTITIES)}, runbook: {item.runbook}"
    yield closing_of(message).translate(ENTITIES)


def _code(text: str) -> str:
    return f"`{text.replace('`', chr(39)).translate(ENTITIES)}`"


def _post(
    connection: http.client.HTTPConnection, target: str, body: bytes, identity: str
) -> tuple[int, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "sociallive",
        "Idempotency-Key": identity,
    }
    connection.request("POST", target, body, headers)
    answer = connection.getresponse()
    return answer.status, plain_line(answer.reason or "", LONGEST_ANSWER)
