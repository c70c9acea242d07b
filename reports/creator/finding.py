"""Which account a person means by a name or an id."""

from uuid import UUID

from assets.resources.identifiers import can_be_stored, uuid_of
from assets.resources.postgres import Postgres, Role
from schema.errors import UsageError
from schema.sql import load_sql

BUT_FOR_CASE = 2


def find_creator(postgres: Postgres, name_or_id: str) -> UUID:
    """The account of that username, written exactly or else but for upper and lower case, or id.

    The id may be the one that the account had where it was loaded from.

    Raises:
        UsageError: there is none, it was deleted, or several names differ in case only.
        DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
    """
    found = _candidates(postgres, name_or_id) if can_be_stored(name_or_id) else []
    if not found:
        raise UsageError(
            f"there is no account {name_or_id!r}: give a username as the platform writes it, or an "
            "account's id"
        )
    best = [row for row in found if row[2] == found[0][2] and row[1] == found[0][1]]
    user_id, is_deleted, rank = best[0]
    if is_deleted:
        raise UsageError(f"the account {name_or_id!r} was deleted: it gets no report")
    if rank == BUT_FOR_CASE and len(best) > 1:
        raise UsageError(
            f"{len(best)} accounts are called {name_or_id!r} but for upper and lower case: "
            "write the username exactly, or give the account's id"
        )
    return user_id


def _candidates(postgres: Postgres, name_or_id: str) -> list[tuple[UUID, bool, int]]:
    named = {"named": name_or_id, "id": uuid_of(name_or_id)}
    with postgres.session(Role.REPORTER) as connection:
        return connection.execute(load_sql(__package__, "find_creator"), named).fetchall()
