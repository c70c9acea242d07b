import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
import pytest

from tests.fixtures.platform_rows import rows
from tests.fixtures.postgres import PostgresServer, new_database

HERE = Path(__file__).parent
OBJECTS = (HERE / "platform_objects.sql").read_bytes()
SPECIFICATION = (HERE / "platform_specification.sql").read_bytes()
DEVIATIONS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (HERE / "platform_deviations.toml").read_text()
)
PARTITIONS = re.compile(r"user_engagement_(default|\d{4}_\d{2})")

Catalogue: TypeAlias = dict[str, str]


@pytest.fixture(scope="module")
def specified(postgres_server: PostgresServer, migrated_template: str) -> Iterator[Catalogue]:
    # After the template: the specification's policy names a role that our migrations make.
    with (
        new_database(postgres_server, "specification") as url,
        psycopg.connect(url) as session,
    ):
        session.execute(SPECIFICATION)
        yield catalogue(session)


def catalogue(connection: psycopg.Connection) -> Catalogue:
    return dict(connection.execute(OBJECTS).fetchall())


def changed() -> Catalogue:
    return {deviation["object"]: deviation["ours"] for deviation in DEVIATIONS["changed"]}


def added_patterns() -> list[str]:
    return [pattern for group in DEVIATIONS["added"] for pattern in group["objects"]]


def test_every_object_is_as_specified_or_deviates_for_a_written_reason(
    connection: psycopg.Connection, specified: Catalogue
) -> None:
    wanted = {name: text for name, text in (specified | changed()).items() if text}

    ours = {name: text for name, text in catalogue(connection).items() if name in wanted}

    assert ours == wanted


def test_everything_else_is_listed_as_ours(
    connection: psycopg.Connection, specified: Catalogue
) -> None:
    removed = {name for name, text in changed().items() if not text}
    added = (set(catalogue(connection)) - set(specified)) | (set(catalogue(connection)) & removed)

    unlisted = {name for name in added if not any(fnmatchcase(name, p) for p in added_patterns())}

    assert unlisted == set()


def test_the_list_of_deviations_holds_nothing_that_is_not_there(
    connection: psycopg.Connection, specified: Catalogue
) -> None:
    added = set(catalogue(connection)) - set(specified)

    idle = {p for p in added_patterns() if not any(fnmatchcase(name, p) for name in added)}
    same = {name for name, text in changed().items() if specified.get(name) == text}
    reasons = [deviation["why"] for group in DEVIATIONS.values() for deviation in group]

    assert (idle, same) == (set(), set())
    assert all(reasons)


def test_the_specification_as_written_here_is_complete(specified: Catalogue) -> None:
    kinds = [name.split(" ", 1)[0] for name in specified]

    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "column": 135,
        "constraint": 35,
        "function": 4,
        "index": 63,
        "policy": 1,
        "query": 1,
        "table": 14,
        "trigger": 4,
        "type": 7,
    }


def test_the_partitions_of_the_specification_exist_and_the_others_are_months(
    connection: psycopg.Connection,
) -> None:
    bounds = {
        str(name): bound
        for name, bound in rows(
            connection,
            "SELECT relname, pg_get_expr(relpartbound, oid) FROM pg_class"
            " WHERE relispartition AND relkind = 'r'",
        )
    }

    assert bounds["user_engagement_2024_01"] == (
        "FOR VALUES FROM ('2024-01-01 00:00:00') TO ('2024-02-01 00:00:00')"
    )
    assert bounds["user_engagement_2024_02"] == (
        "FOR VALUES FROM ('2024-02-01 00:00:00') TO ('2024-03-01 00:00:00')"
    )
    assert bounds["user_engagement_default"] == "DEFAULT"
    assert bounds.pop("user_engagement_archive_default") == "DEFAULT"
    assert all(PARTITIONS.fullmatch(name) for name in bounds)


def test_partitions_have_the_columns_and_indexes_of_their_parent(
    connection: psycopg.Connection,
) -> None:
    shapes = rows(
        connection,
        "SELECT DISTINCT"
        " (SELECT array_agg((attname, atttypid, atttypmod, attnotnull) ORDER BY attnum)"
        "  FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0)::text,"
        " (SELECT array_agg(indkey::text ORDER BY indkey::text) FROM pg_index"
        "  WHERE indrelid = t.oid)::text"
        " FROM pg_class AS t"
        " WHERE oid = 'user_engagement'::regclass OR relispartition AND relkind = 'r'",
    )

    assert len(shapes) == 1


def test_other_schemas_hold_the_pipelines_books_and_nothing_else(
    connection: psycopg.Connection,
) -> None:
    schemas = rows(
        connection,
        "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY nspname",
    )

    assert schemas == [("information_schema",), ("pipeline",), ("public",)]
