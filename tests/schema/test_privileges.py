from datetime import datetime

import psycopg
import pytest
from psycopg import sql

from schema.privacy import PRIVATE_COLUMNS, PRIVATE_TABLES
from tests.fixtures.grants import READER, WRITER, Columns, all_columns, granted
from tests.fixtures.platform_rows import People, engage, rows, scalar


@pytest.fixture
def as_reader(trial: psycopg.Connection, people: People) -> psycopg.Connection:
    engage(trial, people.fan, people.post, datetime(2024, 1, 15))
    trial.execute(f"SET LOCAL ROLE {READER}".encode())
    return trial


def private(columns: Columns) -> Columns:
    return {
        (table, column)
        for table, column in columns
        if table in PRIVATE_TABLES or column in PRIVATE_COLUMNS.get(table, ())
    }


def select(table: str, column: str) -> sql.Composed:
    return sql.SQL("SELECT {} FROM {}").format(sql.Identifier(column), sql.Identifier(table))


def is_refused(connection: psycopg.Connection, query: sql.Composed) -> bool:
    try:
        with connection.transaction():
            connection.execute(query)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_every_column_is_either_private_or_granted_to_the_reader(trial: psycopg.Connection) -> None:
    columns = all_columns(trial)

    assert granted(trial, READER, "SELECT") == columns - private(columns)


def test_the_private_tables_and_columns_exist(trial: psycopg.Connection) -> None:
    columns = all_columns(trial)
    listed = {(table, name) for table, names in PRIVATE_COLUMNS.items() for name in names}

    assert listed <= columns
    assert {table for table, _ in columns} >= PRIVATE_TABLES


def test_what_people_wrote_and_what_identifies_them_is_private(trial: psycopg.Connection) -> None:
    telling = (
        *("email", "password", "token", "ip_address", "user_agent", "device_info", "bio"),
        *("full_name", "profile_picture", "content", "media_url", "storage_path", "original_name"),
        *("filename", "cdn_url", "location", "old_values", "new_values"),
    )
    harmless = {"content_type", "content_id"}
    columns = all_columns(trial)

    exposed = {
        (table, column)
        for table, column in columns - private(columns)
        if any(word in column for word in telling) and column not in harmless
    }

    assert exposed == set()


def test_the_reader_is_refused_each_private_column(as_reader: psycopg.Connection) -> None:
    columns = sorted(private(all_columns(as_reader)))

    seen = [name for name in columns if not is_refused(as_reader, select(*name))]

    assert seen == []
    assert len(columns) > 25


def test_the_reader_can_read_every_other_column(as_reader: psycopg.Connection) -> None:
    columns = all_columns(as_reader)

    refused = {n for n in columns - private(columns) if is_refused(as_reader, select(*n))}

    assert refused == set()


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT * FROM users",
        "SELECT users FROM users",
        "SELECT to_jsonb(u) FROM users AS u",
        "SELECT id FROM users WHERE email LIKE 'a%'",
        "SELECT id FROM users ORDER BY password_hash",
        "SELECT u.id FROM users AS u JOIN posts AS p ON p.content = u.bio",
        "COPY users TO STDOUT",
        "SELECT * FROM user_engagement_2024_01",
        "SELECT * FROM popular_posts",
        "SELECT old_values FROM audit_log",
        "UPDATE users SET username = username RETURNING id",
        "SELECT refresh_popular_posts()",
        "SELECT record_engagement(gen_random_uuid(), gen_random_uuid(), 'LIKE')",
        "CREATE TABLE mine (id INT)",
        "CREATE TABLE pipeline.mine (id INT)",
    ],
)
def test_the_reader_cannot_get_at_more(as_reader: psycopg.Connection, trick: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_reader.execute(trick.encode())


def test_a_new_column_is_hidden_until_somebody_decides(trial: psycopg.Connection) -> None:
    trial.execute("ALTER TABLE users ADD COLUMN phone TEXT")

    assert ("users", "phone") not in granted(trial, READER, "SELECT")


@pytest.mark.parametrize("privilege", ["INSERT", "UPDATE", "REFERENCES"])
@pytest.mark.parametrize("schema", ["public", "pipeline"])
def test_the_reader_writes_nothing(trial: psycopg.Connection, privilege: str, schema: str) -> None:
    assert granted(trial, READER, privilege, schema) == set()


def test_the_books_of_the_pipeline_are_read_by_both_and_migrations_written_by_neither(
    trial: psycopg.Connection,
) -> None:
    books = all_columns(trial, "pipeline")

    assert granted(trial, READER, "SELECT", "pipeline") == books
    assert {table for table, _ in granted(trial, WRITER, "UPDATE", "pipeline")} == {
        "partition_ledger",
        "day_changes",
        "retired_rows",
    }


def test_partitions_have_no_grants_of_their_own(trial: psycopg.Connection) -> None:
    own_grants = rows(
        trial,
        "SELECT relname FROM pg_class WHERE relispartition AND"
        " (relacl IS NOT NULL OR EXISTS (SELECT FROM pg_attribute"
        "  WHERE attrelid = pg_class.oid AND attacl IS NOT NULL))",
    )

    assert own_grants == []


def test_the_public_may_do_nothing_but_look_up_names(trial: psycopg.Connection) -> None:
    grants = rows(
        trial,
        "SELECT table_schema, table_name, privilege_type FROM information_schema.table_privileges"
        " WHERE grantee = 'PUBLIC' AND table_schema IN ('public', 'pipeline')"
        " UNION ALL SELECT table_schema, table_name || '.' || column_name, privilege_type"
        " FROM information_schema.column_privileges"
        " WHERE grantee = 'PUBLIC' AND table_schema IN ('public', 'pipeline')",
    )

    assert grants == []
    for schema, privilege in (("public", "CREATE"), ("pipeline", "CREATE"), ("pipeline", "USAGE")):
        has = "SELECT has_schema_privilege('public', %(schema)s, %(privilege)s)"
        assert scalar(trial, has, schema=schema, privilege=privilege) is False


def test_functions_with_their_owners_rights_are_closed_and_know_where_names_lead(
    trial: psycopg.Connection,
) -> None:
    definers = rows(
        trial,
        "SELECT proname, has_function_privilege('public', oid, 'EXECUTE'),"
        " 'search_path=pg_catalog, public, pg_temp' = ANY (proconfig)"
        " FROM pg_proc WHERE prosecdef"
        " AND pronamespace IN ('public'::regnamespace, 'pipeline'::regnamespace)",
    )

    assert [name for name, is_open, _ in definers if is_open] == []
    # These run per row and qualify every name and operator instead.
    assert {name for name, _, pinned in definers if not pinned} == {
        "claim_archived_engagement_key",
        "claim_engagement_key",
        "release_engagement_key",
        "note_engagement_day",
    }
