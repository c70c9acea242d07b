"""Addresses below which links go: pages, the UI, the documentation, the code."""

import re
from urllib.parse import urlsplit

from reports.delivery.smtp_url import is_loopback
from schema.errors import UsageError

# Neither query nor fragment: the paths of links come after it.
URL_CHARACTERS = re.compile(r"[A-Za-z0-9:/._~\[\]%-]{1,200}")


def link_url(setting: str, text: str | None) -> str | None:
    """An address that mail can link to, without a slash at its end; none if none is set.

    Raises:
        UsageError: it is none; the sentence names the setting.
    """
    if not text:
        return None
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not (is_safe and URL_CHARACTERS.fullmatch(text)) or parts.username or not host:
        raise UsageError(
            f"{setting} is not an address that mail can link to: set it to https://host, or to "
            "http://127.0.0.1:port on this machine"
        )
    return text.rstrip("/")


def code_url(text: str | None) -> str | None:
    """The address below which the code is shown, without a slash at its end; none if none is set.

    Raises:
        UsageError: it is none.
    """
    if text and not (text.startswith("https://") and URL_CHARACTERS.fullmatch(text)):
        raise UsageError(
            f"SOCIALLIVE_CODE_URL is {text!r}: set it to the address below which the files of this "
            "code are shown, such as https://github.com/owner/repository/blob/main"
        )
    return text.rstrip("/") if text else None
