"""Sessions on the platform's PostgreSQL, begun with a role, UTC and time limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from assets.resources.read_timeout import STATEMENT_TIMEOUT_MS, BoundedConnection
from schema.connecting import BEGIN_SESSION, DIALECT, ENCODING, clear_connection_errors, place
from schema.errors import DatabaseUnavailableError
from schema.watched_connection import WatchedConnection

# A session that waits longer than this for a lock gives up, so that nobody queues behind it.
LOCK_TIMEOUT_MS = 5_000
# A killed client's statement is stopped, not committed (PostgreSQL's default never looks).
CLIENT_CHECK_MS = 1_000
# For groups and sorts of a large day, unless the URL says otherwise. In the 4 MB of PostgreSQL's
# default, the posts that its events touched were fetched through an index, event by event.
WORK_MEMORY = "64MB"
CONNECT_TIMEOUT_S = "10"
# A server that fell silent, as behind a router that forgot us, is given up within two minutes; the
# system's own defaults wait for over two hours.
KEEPALIVES = {
    "keepalives_idle": "60",
    "keepalives_interval": "15",
    "keepalives_count": "4",
    "tcp_user_timeout": "120000",
}
# What the server, the database, the user or the URL may have set otherwise: a session may wait for
# the lake.
SESSION = {
    **DIALECT,
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
}


Session = TypeVar("Session", bound=psycopg.Connection)


class Role(StrEnum):
    """Roles that a session of ours takes on."""

    READER = "sociallive_reader"
    WRITER = "sociallive_writer"
    OPERATOR = "sociallive_operator"
    REPORTER = "sociallive_reporter"
    MAILER = "sociallive_mailer"


@dataclass(frozen=True, slots=True, repr=False)
class Postgres:
    """The platform database. Its URL may hold a password: it is never shown."""

    url: str

    def conninfo(self, role: Role) -> str:
        """Connection string of a session that has taken on the role, for any libpq driver."""
        settings = {
            "role": role.value,
            "lock_timeout": f"{LOCK_TIMEOUT_MS}",
            "statement_timeout": f"{STATEMENT_TIMEOUT_MS}",
            "client_connection_check_interval": f"{CLIENT_CHECK_MS}",
        }
        return self._conninfo(settings)

    def _conninfo(self, settings: dict[str, str]) -> str:
        given = {name: str(value) for name, value in conninfo_to_dict(self.url).items()}
        options = [f"-c work_mem={WORK_MEMORY}", given.pop("options", "")]
        options += [f"-c {name}={value}" for name, value in {**SESSION, **settings}.items()]
        defaults = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": "sociallive"}
        pinned = {"client_encoding": ENCODING, "options": " ".join(options).strip()}
        return make_conninfo(**{**defaults, **KEEPALIVES, **given, **pinned})

    @contextmanager
    def administration(self) -> Iterator[psycopg.Connection]:
        """One session as the URL's own user: for migrations and for bulk loading.

        A statement may take as long as it takes, while the server is at work on it.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered.
        """
        with clear_connection_errors(self.url):
            connection = _connect(WatchedConnection, self._conninfo({}), autocommit=False)
            connection.watch(self._conninfo({}))
            connection.rollback()
        with connection:
            yield connection

    @contextmanager
    def session(self, role: Role, *, autocommit: bool = False) -> Iterator[psycopg.Connection]:
        """One session; without autocommit, one transaction that commits at the end.

        Raises:
            DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        """
        with clear_connection_errors(self.url):
            connection = _connect(BoundedConnection, self.conninfo(role), autocommit=autocommit)
        with connection, clear_interruptions(self.url):
            yield connection


def _connect(kind: type[Session], conninfo: str, *, autocommit: bool) -> Session:
    connection = kind.connect(conninfo, autocommit=True)
    connection.execute(BEGIN_SESSION)
    connection.autocommit = autocommit
    return connection


@contextmanager
def clear_interruptions(url: str) -> Iterator[None]:
    """Tell a lost connection, a time-out, a deadlock: what may pass when it is tried again.

    Raises:
        DatabaseUnavailableError: the server gave up on a statement, or takes no writes.
    """
    try:
        yield
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise DatabaseUnavailableError(
            f"{place(url)} takes no writes (is it a standby, or default_transaction_read_only "
            "on?): let SOCIALLIVE_DATABASE_URL name the server that does, and run again"
        ) from error
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise DatabaseUnavailableError(
            f"{place(url)} did not finish: {reason}. Nothing of it was committed: run again"
        ) from error
