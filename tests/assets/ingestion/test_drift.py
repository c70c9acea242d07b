"""The platform's tables change beneath the pipeline: told by name, before anything is read."""

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import resources

import psycopg
import pytest
from psycopg import sql

from assets.ingestion.drift import refuse_drift
from assets.ingestion.extract import facts_of, select_of
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.postgres import Postgres
from schema.errors import SchemaMismatchError
from schema.sql import load_sql
from tests.fixtures.grants import WRITER, granted
from tests.fixtures.platform_rows import rows
from tests.fixtures.postgres import PostgresServer, new_database

CONTRACT = tomllib.loads((resources.files("schema") / "platform_columns.toml").read_text())
# Numbers depend on these triggers: unfollows, days that change, and keys that count once.
OURS = "^(note_|audit_)|_engagement_key$"
COLUMNS_OF_VIEWS = """
    SELECT DISTINCT tables.relname, columns.attname
    FROM pg_depend AS depends
    JOIN pg_rewrite AS rules
        ON rules.oid = depends.objid AND depends.classid = 'pg_rewrite'::regclass
    JOIN pg_class AS views ON views.oid = rules.ev_class
    JOIN pg_class AS tables ON tables.oid = depends.refobjid
    JOIN pg_attribute AS columns
        ON columns.attrelid = tables.oid AND columns.attnum = depends.refobjsubid
    WHERE (views.relnamespace = pg_my_temp_schema() OR views.relname = ANY(%(between)s))
        AND tables.relkind IN ('r', 'p') AND tables.relnamespace = 'public'::regnamespace
"""
VIEWS_BETWEEN = ["user_engagement_all", "follow_deletions"]


@pytest.fixture
def trial(database: str) -> Iterator[psycopg.Connection]:
    """A session whose transaction is never committed."""
    session = psycopg.connect(database, options="-c TimeZone=UTC")
    yield session
    session.close()


def read_columns(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """Columns of the platform that the statements of the ingestion name, as PostgreSQL knows it."""
    cursor = psycopg.ClientCursor(connection)
    for table in SOURCE_TABLES:
        query = cursor.mogrify(select_of(table), facts_of(date(2024, 3, 2)))
        name = sql.Identifier(f"probe_{table}")
        connection.execute(sql.SQL("CREATE TEMP VIEW {} AS {}").format(name, sql.SQL(query)))
    found = connection.execute(COLUMNS_OF_VIEWS, {"between": VIEWS_BETWEEN}).fetchall()
    # The view over the audit trail follows a renamed column by itself, and forbids to drop one.
    return set(found) - {(table, name) for table, name in found if table == "audit_log"}


def test_the_contract_has_every_column_that_is_read_or_written_with_its_type(
    trial: psycopg.Connection,
) -> None:
    written = granted(trial, WRITER, "INSERT") | granted(trial, WRITER, "UPDATE")
    used = read_columns(trial) | written
    found = trial.execute(load_sql("assets.ingestion", "find_platform_columns")).fetchall()

    expected: dict[str, dict[str, str]] = {}
    for table, column, kind in found:
        if (table, column) in used:
            expected.setdefault(table, {})[column] = kind
    assert CONTRACT["columns"] == expected


def test_the_contract_has_every_trigger_that_numbers_depend_on(trial: psycopg.Connection) -> None:
    found = rows(
        trial,
        "SELECT relname, array_agg(tgname ORDER BY tgname)::text[] FROM pg_trigger"
        " JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND NOT relispartition AND tgname ~ %(ours)s"
        " AND relnamespace = 'public'::regnamespace GROUP BY relname",
        ours=OURS,
    )

    expected = {table: sorted(names) for table, names in CONTRACT["triggers"].items()}
    assert expected == {str(table): names for table, names in found}


@pytest.fixture(scope="module")
def drifting(
    postgres_server: PostgresServer, migrated_template: str, database_names: Iterator[str]
) -> Iterator[str]:
    """One database for all changes; each is taken back."""
    with new_database(postgres_server, next(database_names), template=migrated_template) as url:
        yield url


DOES_SOMETHING = "EXECUTE FUNCTION tsvector_update_trigger()"
CHANGES = {
    "a column renamed": (
        ["ALTER TABLE users RENAME COLUMN role TO duty"],
        ["ALTER TABLE users RENAME COLUMN duty TO role"],
        ["users.role (user_role) is missing"],
    ),
    "a table renamed": (
        ["ALTER TABLE media_files RENAME TO files"],
        ["ALTER TABLE files RENAME TO media_files"],
        ["the table media_files is missing"],
    ),
    "a number widened": (
        ["ALTER TABLE user_analytics ALTER COLUMN total_likes TYPE bigint"],
        ["ALTER TABLE user_analytics ALTER COLUMN total_likes TYPE integer"],
        ["user_analytics.total_likes is bigint, not integer"],
    ),
    "a decimal widened": (
        ["ALTER TABLE system_metrics ALTER COLUMN metric_value TYPE numeric(20, 6)"],
        ["ALTER TABLE system_metrics ALTER COLUMN metric_value TYPE numeric(15, 4)"],
        ["system_metrics.metric_value is numeric(20,6), not numeric(15,4)"],
    ),
    "a moment with a zone": (
        ["ALTER TABLE system_metrics ALTER COLUMN timestamp TYPE timestamptz"],
        ["ALTER TABLE system_metrics ALTER COLUMN timestamp TYPE timestamp"],
        ["system_metrics.timestamp is timestamp with time zone, not timestamp without time zone"],
    ),
    "a JSON made another": (
        [
            "ALTER TABLE system_metrics RENAME COLUMN tags TO tags_then",
            "ALTER TABLE system_metrics ADD COLUMN tags json",
        ],
        [
            "ALTER TABLE system_metrics DROP COLUMN tags",
            "ALTER TABLE system_metrics RENAME COLUMN tags_then TO tags",
        ],
        ["system_metrics.tags is json, not jsonb"],
    ),
    "a trigger switched off": (
        ["ALTER TABLE user_followers DISABLE TRIGGER audit_deleted_follows"],
        ["ALTER TABLE user_followers ENABLE TRIGGER audit_deleted_follows"],
        ["the trigger audit_deleted_follows of user_followers is missing or switched off"],
    ),
    "a trigger switched off in one partition": (
        ["ALTER TABLE user_engagement_2024_01 DISABLE TRIGGER note_late_delete"],
        ["ALTER TABLE user_engagement_2024_01 ENABLE TRIGGER note_late_delete"],
        ["the trigger note_late_delete of user_engagement is missing or switched off"],
    ),
    "a trigger that only a replica fires": (
        ["ALTER TABLE user_followers ENABLE REPLICA TRIGGER audit_deleted_follows"],
        ["ALTER TABLE user_followers ENABLE TRIGGER audit_deleted_follows"],
        ["the trigger audit_deleted_follows of user_followers is missing or switched off"],
    ),
    "a trigger that only a replica fires in one partition": (
        ["ALTER TABLE user_engagement_2024_01 ENABLE REPLICA TRIGGER note_late_delete"],
        ["ALTER TABLE user_engagement_2024_01 ENABLE TRIGGER note_late_delete"],
        ["the trigger note_late_delete of user_engagement is missing or switched off"],
    ),
    "a table and a trigger that are there in another schema": (
        [
            "CREATE SCHEMA elsewhere",
            "CREATE TABLE elsewhere.users (role user_role)",
            "CREATE TABLE elsewhere.posts ()",
            f"CREATE TRIGGER note_late_insert AFTER INSERT ON elsewhere.posts {DOES_SOMETHING}",
            "ALTER TABLE users RENAME COLUMN role TO duty",
            "ALTER TABLE posts DISABLE TRIGGER note_late_insert",
        ],
        [
            "DROP SCHEMA elsewhere CASCADE",
            "ALTER TABLE users RENAME COLUMN duty TO role",
            "ALTER TABLE posts ENABLE TRIGGER note_late_insert",
        ],
        [
            "users.role (user_role) is missing",
            "the trigger note_late_insert of posts is missing or switched off",
        ],
    ),
    "several at once": (
        [
            "ALTER TABLE posts RENAME COLUMN visibility TO audience",
            "ALTER TABLE posts DISABLE TRIGGER note_late_insert",
        ],
        [
            "ALTER TABLE posts RENAME COLUMN audience TO visibility",
            "ALTER TABLE posts ENABLE TRIGGER note_late_insert",
        ],
        [
            "posts.visibility (visibility_enum) is missing",
            "the trigger note_late_insert of posts is missing or switched off",
        ],
    ),
}


@pytest.mark.parametrize(("change", "undo", "named"), CHANGES.values(), ids=CHANGES)
def test_each_change_is_named_until_it_is_undone(
    drifting: str, change: list[str], undo: list[str], named: list[str]
) -> None:
    platform = Postgres(drifting)
    with psycopg.connect(drifting, autocommit=True) as owner:
        for statement in change:
            owner.execute(statement.encode())

        with pytest.raises(SchemaMismatchError, match="undo the change") as refusal:
            refuse_drift(platform)

        for statement in undo:
            owner.execute(statement.encode())
    assert all(sentence in str(refusal.value) for sentence in named)
    assert str(refusal.value).count(";") == len(named) - 1
    refuse_drift(platform)


HARMLESS = [
    "ALTER TABLE users ADD COLUMN shoe_size integer NOT NULL DEFAULT 42",
    "ALTER TABLE system_metrics ALTER COLUMN metric_name TYPE varchar(500)",
    "ALTER TABLE users DROP COLUMN bio",
    "DROP TABLE feed_items CASCADE",
    "ALTER TYPE media_type_enum ADD VALUE 'HOLOGRAM'",
    "CREATE TABLE stories (id uuid)",
    "ALTER TABLE posts ENABLE ALWAYS TRIGGER note_late_insert",
    "CREATE SCHEMA elsewhere CREATE TABLE users (id text)",
]


@pytest.mark.parametrize("change", HARMLESS)
def test_what_no_number_depends_on_is_no_trouble(drifting: str, change: str) -> None:
    with psycopg.connect(drifting, autocommit=True) as owner:
        owner.execute(change.encode())

    refuse_drift(Postgres(drifting))
