"""The address of Dagster's storage, checked; it holds a password, so that no error shows it."""

from urllib.parse import urlsplit

from schema.errors import UsageError
from schema.hosts import can_be_host

DAGSTER_DATABASE = "SOCIALLIVE_DAGSTER_DATABASE_URL"
# Dagster's storage is reached through SQLAlchemy, where the plain scheme names another driver.
DAGSTER_SCHEME = "postgresql+psycopg2://"
PLAIN_SCHEMES = ("postgresql://", "postgres://")


def parse_dagster_url(text: str) -> str:
    """The address as its driver wants it.

    Raises:
        UsageError: it is none, or its password has characters that end it.
    """
    for scheme in (DAGSTER_SCHEME, *PLAIN_SCHEMES):
        if text.startswith(scheme):
            url = DAGSTER_SCHEME + text.removeprefix(scheme)
            _refuse_loose_password(url)
            _refuse_impossible_place(url)
            return _in_utc(url)
    raise _refusal("it begins with another scheme")


def _refuse_loose_password(url: str) -> None:
    """What stands behind the first @ is taken for the host, and shown when it is not there."""
    if url.count("@") > 1:
        raise UsageError(
            f"{DAGSTER_DATABASE} has a second @: write @ in a user or a password as %40, "
            "/ as %2F, : as %3A and ? as %3F"
        )


def _refuse_impossible_place(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        # Not chained: what urlsplit says quotes the part that it cannot read.
        raise _refusal("it has no host and port that can be read") from None
    if "@" in url and "@" not in parts.netloc:
        raise _refusal("its password has a character that ends it: write / as %2F and ? as %3F")
    if host and not can_be_host(host):
        raise _refusal("its host has an empty or a very long part between its dots")


def _in_utc(url: str) -> str:
    """Dagster notes times as the server shows them in its time zone, and takes them for UTC."""
    query = urlsplit(url).query
    if "options=" in query:
        return url
    return f"{url}{'&' if query else '?'}options=-c%20TimeZone%3DUTC"


def _refusal(reason: str) -> UsageError:
    return UsageError(
        f"{DAGSTER_DATABASE} is not the address of a PostgreSQL ({reason}): set it to "
        "postgresql://user:password@host/database"
    )
