"""What every session needs, and failures to connect, told in one sentence without a password."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from schema.errors import DatabaseUnavailableError, UsageError
from schema.hosts import can_be_host

# libpq reports several attempts (IPv6, IPv4) in as many lines; the last one is the one that counts.
MARK = "FATAL:"
HINT = "Is the server running"
PORTS = re.compile(r"[\d,]*")
# How statements and values are read, whatever the server, the database, the user, the URL or the
# environment prefers: ours are written for the defaults of PostgreSQL.
DIALECT = {
    "standard_conforming_strings": "on",
    "array_nulls": "on",
    "transform_null_equals": "off",
    "default_transaction_isolation": r"read\ committed",
}
ENCODING = "UTF8"
# What the options of a connection cannot say. PGTZ and PGDATESTYLE of the environment come after
# them: times are UTC and as drivers read them even so. Names without a schema are the platform's,
# but its triggers may need what lies in the schemas that its own path leads to. PostgreSQL 17
# brought transaction_timeout; an older one would refuse a connection whose options name it.
BEGIN_SESSION = """
SELECT
    set_config('TimeZone', 'UTC', FALSE),
    set_config('DateStyle', 'ISO', FALSE),
    set_config(
        'search_path',
        concat_ws(', ', 'public', (
            SELECT string_agg(quote_ident(name), ', ' ORDER BY place)
            FROM unnest(current_schemas(FALSE)) WITH ORDINALITY AS own (name, place)
            WHERE name NOT IN ('public', 'pg_catalog')
        )),
        FALSE
    ),
    CASE
        WHEN current_setting('transaction_timeout', TRUE) IS NOT NULL
            THEN set_config('transaction_timeout', '0', FALSE)
    END
"""


@contextmanager
def clear_connection_errors(url: str) -> Iterator[None]:
    """Translate what libpq says when it cannot connect.

    Raises:
        DatabaseUnavailableError: the server cannot be reached, or does not let us in.
        UsageError: the URL is not one.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        _refuse_loose_password(url)
        raise DatabaseUnavailableError(
            f"cannot connect to {place(url)}: {_reason(error)}. "
            "Check SOCIALLIVE_DATABASE_URL and that the server runs"
        ) from None
    except psycopg.ProgrammingError:
        raise UsageError(
            "SOCIALLIVE_DATABASE_URL is not a PostgreSQL URL: "
            "write it as postgresql://user:password@host:5432/database"
        ) from None


def refuse_impossible_host(url: str) -> None:
    """Refuse a URL whose server nobody could look up; what is no URL is told on connecting.

    Raises:
        UsageError: it names such a host; it is not shown, since it may be part of a password.
    """
    try:
        hosts = str(conninfo_to_dict(url).get("host") or "").split(",")
    except psycopg.ProgrammingError:
        return
    except UnicodeError:
        hosts = ["."]
    # Without a host, or with a folder of one, it is a socket of this machine.
    if all(can_be_host(host) for host in hosts if host and not host.startswith(("/", "@"))):
        return
    raise UsageError(
        "SOCIALLIVE_DATABASE_URL names a host that cannot be one (a part between its dots is "
        "empty, or very long): write it as postgresql://user:password@host:5432/database"
    ) from None


def place(url: str) -> str:
    """Name the server and database of a URL, and nothing secret of it."""
    given = conninfo_to_dict(url)
    host, port = given.get("host") or "the local socket", given.get("port") or 5432
    return f"PostgreSQL database {given.get('dbname') or '(default)'} at {host}:{port}"


def _refuse_loose_password(url: str) -> None:
    # Of "user:se/cret@host" libpq reads a port and a database: naming either would tell the secret.
    given = conninfo_to_dict(url)
    places = f"{given.get('host') or ''}{given.get('dbname') or ''}"
    if "@" in places or not PORTS.fullmatch(str(given.get("port") or "")):
        raise UsageError(
            "SOCIALLIVE_DATABASE_URL has a port that is no number, or a password (or a host) with "
            "characters that end it: write @ as %40, / as %2F, : as %3A and ? as %3F"
        ) from None


def _reason(error: psycopg.OperationalError) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(HINT)]
    refusals = [line.split(MARK)[-1].strip() for line in said if MARK in line]
    if refusals:
        return refusals[-1]
    return said[-1].rsplit("failed: ", 1)[-1].rstrip(".") if said else "no reason was given"
