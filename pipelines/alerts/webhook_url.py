"""The address that alerts are posted to: a secret, of which only the host is ever shown."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from reports.delivery.smtp_url import is_loopback
from schema.errors import UsageError
from schema.hosts import can_be_host

PORTS = {"https": 443, "http": 80}
# What may stand in a request line.
TARGET = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]{1,2000}")


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """Where to connect and what to ask for."""

    host: str
    port: int
    is_encrypted: bool
    target: str = field(repr=False)

    @property
    def place(self) -> str:
        """The receiver, as errors name it."""
        return f"the webhook at {self.host}:{self.port}"


def parse_webhook_url(text: str) -> WebhookUrl:
    """Read the address.

    Raises:
        UsageError: it is none; the text is not shown, since it is a secret.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_plain = (
        host.isascii() and can_be_host(host) and not parts.username and TARGET.fullmatch(target)
    )
    if not (is_safe and host and is_plain):
        raise UsageError(
            "SOCIALLIVE_ALERT_WEBHOOK is not an address that alerts can be posted to: set it to "
            "https://host/path, or to http://127.0.0.1:port/path on this machine"
        )
    return WebhookUrl(host, port or PORTS[parts.scheme], parts.scheme == "https", target)
