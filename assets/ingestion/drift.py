"""The platform's tables as this version knows them, and what they have become."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import psycopg

from assets.resources.postgres import Postgres, Role
from schema.errors import SchemaMismatchError
from schema.sql import load_sql

Types = Mapping[str, str]


def refuse_drift(postgres: Postgres) -> None:
    """Refuse a platform whose tables were changed by others in what numbers depend on.

    Columns that were added are no trouble, nor are texts of another length.

    Raises:
        SchemaMismatchError: names every column, table and trigger that is not as expected.
        DatabaseUnavailableError: the server cannot be reached.
    """
    with postgres.session(Role.READER) as connection:
        found = _found_columns(connection)
        triggers = set(
            connection.execute(load_sql(__package__, "find_platform_triggers")).fetchall()
        )
    problems = [
        *_changed_columns(_contract()["columns"], found),
        *_missing_triggers(_contract()["triggers"], found, triggers),
    ]
    if problems:
        raise SchemaMismatchError(
            f"the platform's tables are not as this version expects: {'; '.join(problems)}. "
            "Nothing was read or published: undo the change, or bring the pipeline to a version "
            "that knows it"
        )


@cache
def _contract() -> Mapping[str, Any]:
    text = (resources.files("schema") / "platform_columns.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _found_columns(connection: psycopg.Connection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(load_sql(__package__, "find_platform_columns")):
        found.setdefault(table, {})[column] = kind
    return found


def _changed_columns(expected: Mapping[str, Types], found: Mapping[str, Types]) -> Iterator[str]:
    for table, columns in expected.items():
        if table not in found:
            yield f"the table {table} is missing"
            continue
        for column, kind in columns.items():
            actual = found[table].get(column)
            if actual is None:
                yield f"{table}.{column} ({kind}) is missing"
            elif actual != kind:
                yield f"{table}.{column} is {actual}, not {kind}"


def _missing_triggers(
    expected: Mapping[str, list[str]], found: Mapping[str, Types], triggers: set[tuple[str, str]]
) -> Iterator[str]:
    for table, names in expected.items():
        for name in names:
            if table in found and (table, name) not in triggers:
                yield f"the trigger {name} of {table} is missing or switched off"
