"""The address of Dagster's storage, checked; it holds a password, so that no error shows it."""

from urllib.parse import urlsplit

from schema.errors import UsageError
from schema.hosts import can_be_host

# Dagster's storage is reached through SQLAlchemy, where the plain scheme names another driver.
DAGSTER_SCHEME = "postgresql+psycopg2://"
PLAIN_SCHEMES = ("postgresql://", "postgres://")


def dagster_url(setting: str, text: str | None) -> str | None:
    """The address as its driver wants it; none if none is set.

    Raises:
        UsageError: it is none, or its password has characters that end it; names the setting.
    """
    if not text:
        return None
    for scheme in (DAGSTER_SCHEME, *PLAIN_SCHEMES):
        if text.startswith(scheme):
            url = DAGSTER_SCHEME + text.removeprefix(scheme)
            _refuse_loose_password(setting, url)
            _refuse_impossible_place(setting, url)
            return _in_utc(url)
    raise _refusal(setting, "it begins with another scheme")


def _refuse_loose_password(setting: str, url: str) -> None:
    """What stands behind the first @ is taken for the host, and shown when it is not there."""
    if url.count("@") > 1:
        raise UsageError(
            f"{setting} has a second @: write @ in a user or a password as %40, "
            "/ as %2F, : as %3A and ? as %3F"
        )


def _refuse_impossible_place(setting: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        # Not chained: what urlsplit says quotes the part that it cannot read.
        raise _refusal(setting, "it has no host and port that can be read") from None
    if "@" in url and "@" not in parts.netloc:
        raise _refusal(
            setting, "its password has a character that ends it: write / as %2F and ? as %3F"
        )
    if host and not can_be_host(host):
        raise _refusal(setting, "its host has an empty or a very long part between its dots")


def _in_utc(url: str) -> str:
    """Dagster notes times as the server shows them in its time zone, and takes them for UTC."""
    query = urlsplit(url).query
    if "options=" in query:
        return url
    return f"{url}{'&' if query else '?'}options=-c%20TimeZone%3DUTC"


def _refusal(setting: str, reason: str) -> UsageError:
    return UsageError(
        f"{setting} is not the address of a PostgreSQL ({reason}): set it to "
        "postgresql://user:password@host/database"
    )
