"""Lineage: whatever refers to people or to what they made has a rule for their erasure."""

import importlib
import pkgutil

import polars as pl
import psycopg
import pytest

from schema import tables
from schema.erasure import (
    COLD_TABLES,
    LAKE_RULES,
    LAKE_TABLES_OF_NOBODY,
    OTHER_PLATFORM_RULES,
    PLATFORM_BATCHES,
    IdKind,
)
from schema.tables.columns import Contract, polars_schema
from tests.fixtures.platform_rows import People, rows, scalar

TELLING = (
    "user|author|follow|actor|moderator|viewer|owner|recipient|account|person|content_id|post_id"
)
# Columns with such a name that refer to nobody: how often, or which role of a database.
COUNTS = {"followers_count", "following_count"}
REFERRING = """
SELECT DISTINCT CASE namespace.nspname WHEN 'public' THEN '' ELSE namespace.nspname || '.' END
    || held.relname
FROM pg_class AS held
INNER JOIN pg_namespace AS namespace ON held.relnamespace = namespace.oid
INNER JOIN pg_attribute AS named ON named.attrelid = held.oid AND named.attnum > 0
WHERE namespace.nspname IN ('public', 'pipeline')
    AND held.relkind IN ('r', 'p', 'm')
    AND NOT held.relispartition
    AND (
        (named.attname ~ %(telling)s AND named.attname <> ALL(%(counts)s))
        OR EXISTS (
            SELECT FROM pg_constraint AS key
            WHERE key.conrelid = held.oid AND key.contype = 'f'
                AND key.confrelid IN (
                    'users'::regclass, 'posts'::regclass, 'comments'::regclass
                )
        )
    )
"""


def tables_without_rule(connection: psycopg.Connection) -> set[object]:
    found = rows(connection, REFERRING, telling=TELLING, counts=list(COUNTS))
    return {name for (name,) in found} - {*PLATFORM_BATCHES, *OTHER_PLATFORM_RULES}


def contracts() -> dict[str, type[Contract]]:
    found: dict[str, type[Contract]] = {}
    for module in pkgutil.iter_modules(tables.__path__):
        members = vars(importlib.import_module(f"schema.tables.{module.name}")).values()
        for member in members:
            is_ours = isinstance(member, type) and issubclass(member, Contract)
            if is_ours and member.__module__ == f"schema.tables.{module.name}":
                found[module.name] = member
    return found


def test_every_table_of_the_database_that_refers_to_people_has_a_rule(
    trial: psycopg.Connection,
) -> None:
    assert tables_without_rule(trial) == set()


def test_a_new_table_that_refers_to_people_is_named(trial: psycopg.Connection) -> None:
    trial.execute("CREATE TABLE gifts (giver UUID REFERENCES users (id))")
    trial.execute("CREATE TABLE pipeline.visits (viewer_id UUID)")

    assert tables_without_rule(trial) == {"gifts", "pipeline.visits"}


def test_the_rules_name_no_table_that_is_not_there(trial: psycopg.Connection) -> None:
    for name in (*PLATFORM_BATCHES, *OTHER_PLATFORM_RULES):
        assert rows(trial, "SELECT %(name)s::regclass", name=name), name


def test_every_lake_table_has_a_rule_or_holds_nobody() -> None:
    found = {name for name, contract in contracts().items() if name != "columns"}

    assert found == {*LAKE_RULES, *LAKE_TABLES_OF_NOBODY, *COLD_TABLES}
    for name in LAKE_TABLES_OF_NOBODY:
        assert pl.Binary not in polars_schema(contracts()[name]).values(), name


def test_a_lake_table_loses_rows_by_every_id_that_is_not_the_row_s_own() -> None:
    for name, rule in LAKE_RULES.items():
        schema = polars_schema(contracts()[name])
        ids = {column for column, dtype in schema.items() if dtype == pl.Binary}

        assert ids - {"id"} <= set(rule.named_by) <= ids, name


def test_an_id_column_of_the_lake_is_of_the_kind_that_its_name_says() -> None:
    told = {
        "user_id": IdKind.USERS,
        "author_id": IdKind.USERS,
        "follower_id": IdKind.USERS,
        "following_id": IdKind.USERS,
        "post_id": IdKind.POSTS,
        "parent_id": IdKind.COMMENTS,
    }
    for name, rule in LAKE_RULES.items():
        for column, kind in rule.named_by.items():
            assert column == "id" or kind is told[column], name


def test_the_database_refuses_to_erase_from_a_table_without_a_rule(
    trial: psycopg.Connection, people: People
) -> None:
    erase = "SELECT pipeline.erase_account_rows(%(subject)s, 'feed', 10)"
    refusal = "no rule says how to erase an account from feed"

    with pytest.raises(psycopg.errors.InvalidParameterValue, match=refusal):
        scalar(trial, erase, subject=people.fan)
