"""What of a server can be backed up, by the user that the URL names."""

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from schema.errors import UsageError
from schema.sql import load_sql


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Rights of the session's user, and settings of its server."""

    database: str
    server_version: str
    server_major: int
    sees_all_rows: bool
    may_replicate: bool
    can_replicate: bool
    archives: bool
    has_tablespaces: bool
    superuser: str
    segment_bytes: int

    @property
    def obstacle_to_base(self) -> str | None:
        """Why no base backup can be taken; none means that the server may be asked for one."""
        if not self.may_replicate:
            return "the URL's user lacks REPLICATION: ALTER ROLE … REPLICATION"
        if not self.can_replicate:
            return "the server does not replicate: set wal_level = replica and max_wal_senders"
        if self.has_tablespaces:
            return "the server has tablespaces, which would be copied over themselves"
        return None


def server_facts(connection: psycopg.Connection) -> ServerFacts:
    """Ask the server."""
    with connection.cursor(row_factory=class_row(ServerFacts)) as cursor:
        cursor.execute(load_sql(__package__, "select_server_facts"))
        facts = cursor.fetchone()
    if facts is None:
        raise AssertionError("every session has a role")
    return facts


def require_all_rows(facts: ServerFacts) -> None:
    """Refuse a user to whom row security shows fewer rows than there are.

    Raises:
        UsageError: says which right to give.
    """
    if not facts.sees_all_rows:
        raise UsageError(
            "the user of SOCIALLIVE_DATABASE_URL does not see all rows (row security is forced on "
            "user_sessions), and a backup without them would be none: let a superuser run "
            "ALTER ROLE … BYPASSRLS, or set the URL of a role that has it and pg_read_all_data"
        )
