"""The mail server that a setting names."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from schema.errors import UsageError
from schema.hosts import can_be_host

PORTS = {"smtp": 587, "smtps": 465}
FORM = (
    "write it as smtp://user:password@host:port, smtps://… for TLS from the start, with "
    "?starttls=never for a server without TLS"
)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where a server is and how to enter; the password is never shown."""

    host: str
    port: int
    tls: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """The server, as errors name it."""
        return f"the mail server at {self.host}:{self.port}"


def parse_smtp_url(text: str) -> SmtpServer:
    """Read the URL of a mail server; TLS is wanted unless it is this machine or said otherwise.

    Raises:
        UsageError: it is none; the text is not shown, since it may hold a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # Not chained: what urlsplit says quotes the part that it cannot read.
        raise _refusal("it has no host and port that can be read") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise _refusal("it does not begin with smtp:// or smtps:// and a host")
    if not can_be_host(parts.hostname):
        raise _refusal("its host has an empty or a very long part between its dots")
    if parts.path not in {"", "/"} or parts.fragment or (parts.password and not parts.username):
        raise _refusal("it has parts that mean nothing there")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii():
        raise _refusal("its user or password has characters that are not ASCII")
    return SmtpServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        tls="implicit" if parts.scheme == "smtps" else _starttls(parts),
        user=user or None,
        password=password or None,
    )


def _starttls(parts: SplitResult) -> str:
    asked = parse_qs(parts.query, keep_blank_values=True)
    values = asked.pop("starttls", ["never" if is_loopback(parts.hostname or "") else "required"])
    if asked or len(values) != 1 or values[0] not in {"required", "never"}:
        raise _refusal("the only option is starttls=required or starttls=never")
    return values[0]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refusal(reason: str) -> UsageError:
    return UsageError(f"SOCIALLIVE_SMTP_URL is not the URL of a mail server ({reason}): {FORM}")
