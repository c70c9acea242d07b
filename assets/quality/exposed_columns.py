"""Which columns the pipeline's roles can read that they must not, now or once they are added."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from assets.resources.postgres import Postgres, Role
from schema.privacy import (
    MAILER_COLUMNS,
    PRIVATE_COLUMNS,
    PRIVATE_TABLES,
    REPORTER_COLUMNS,
    WHOLE_TABLES,
)
from schema.sql import load_sql

ALLOWED = {Role.REPORTER: REPORTER_COLUMNS, Role.MAILER: MAILER_COLUMNS}


class Readable(NamedTuple):
    """A column that a role can read; by a grant of its whole table, or of itself."""

    role: str
    table: str
    column: str
    is_whole_table: bool


def read_readable_columns(postgres: Postgres) -> list[Readable]:
    """What the catalogue lets our roles see.

    Raises:
        DatabaseUnavailableError: the catalogue cannot be read.
    """
    roles = [role.value for role in Role]
    with postgres.session(Role.READER) as connection:
        rows = connection.execute(load_sql(__package__, "select_exposed_columns"), {"roles": roles})
        return [Readable(*row) for row in rows]


def exposed(readable: Iterable[Readable]) -> Iterator[tuple[str, str]]:
    """Each column that a role must not read, as `role` and `table.column`.

    Reporter and mailer may read only what is listed; the others what is not private, column by
    column unless the table is the pipeline's own.
    """
    for role, table, column, is_whole_table in readable:
        if role in ALLOWED:
            is_refused = column not in ALLOWED[Role(role)].get(table, frozenset())
        else:
            private = PRIVATE_COLUMNS.get(table, frozenset())
            is_open = is_whole_table and table not in WHOLE_TABLES
            is_refused = table in PRIVATE_TABLES or column in private or is_open
        if is_refused:
            yield role, f"{table}.{column}"
