"""What `migrate` finds in a database that others have used before."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from schema.errors import SchemaMismatchError, UsageError
from schema.given_database import start_in_utc
from schema.migrate import known_migrations, migrate
from tests.fixtures.platform_rows import rows, scalar
from tests.fixtures.postgres import PostgresServer

PLATFORM = (Path(__file__).parent / "platform_specification.sql").read_text(encoding="utf-8")
PUBLIC_IS_OPEN = "SELECT has_schema_privilege('public', 'public', 'CREATE')"
TRACES = """
    SELECT setting FROM pg_db_role_setting AS settings, unnest(settings.setconfig) AS setting
    WHERE settings.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = 'pipeline'
"""


@pytest.fixture
def tenant(postgres_server: PostgresServer, empty_database: str) -> Iterator[str]:
    """The database for a user who owns nothing of it."""
    postgres_server.execute("CREATE ROLE {name} LOGIN", name="tenant")
    yield empty_database.replace("//postgres@", "//tenant@")
    postgres_server.execute("DROP ROLE {name}", name="tenant")


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(statement.encode())


@pytest.mark.parametrize(
    ("occupant", "named"),
    [
        ("CREATE TABLE users (id INT)", "users"),
        ("CREATE TYPE user_role AS ENUM ('USER')", "user_role"),
        ("CREATE FUNCTION current_user_id() RETURNS INT RETURN 1", "current_user_id"),
        ("CREATE TABLE x (y INT); CREATE INDEX idx_users_email ON x (y)", "idx_users_email"),
        (
            PLATFORM.split("CREATE POLICY")[0],
            r"audit_log, comments, content_moderation, content_type_enum, \w+ and \d+ more",
        ),
    ],
    ids=["table", "type", "function", "index", "platform"],
)
def test_a_database_that_has_something_of_the_platform_is_refused_before_anything_changes(
    empty_database: str, occupant: str, named: str
) -> None:
    run(empty_database, f"GRANT CREATE ON SCHEMA public TO PUBLIC; {occupant}")
    refusal = rf"the schema public of the database \w+ has {named}, and not by .* Nothing was "

    with pytest.raises(SchemaMismatchError, match=refusal):
        migrate(empty_database)

    with psycopg.connect(empty_database) as session:
        assert rows(session, TRACES) == []
        assert scalar(session, PUBLIC_IS_OPEN) is True


def test_what_else_lies_in_public_is_no_trouble(empty_database: str) -> None:
    run(empty_database, "CREATE TABLE invoices (id INT)")
    few = known_migrations()[:3]

    assert len(migrate(empty_database, few).applied) == len(few)


def test_a_public_schema_that_everybody_may_write_to_is_closed(database: str) -> None:
    run(database, "GRANT CREATE ON SCHEMA public TO PUBLIC")

    migrate(database)

    with psycopg.connect(database) as session:
        assert scalar(session, PUBLIC_IS_OPEN) is False


def test_a_public_schema_that_the_migrating_user_cannot_close_is_refused_with_what_closes_it(
    tenant: str, empty_database: str
) -> None:
    run(empty_database, "GRANT CREATE ON SCHEMA public TO PUBLIC")
    closing = (
        "ALTER SCHEMA public OWNER TO pg_database_owner; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    )

    with pytest.raises(UsageError, match=rf"superuser should run in it: {closing}$"):
        migrate(tenant)

    with psycopg.connect(empty_database) as session:
        assert rows(session, TRACES) == []
    run(empty_database, closing)
    with pytest.raises(UsageError, match="may not apply 0001_database"):
        migrate(tenant)


def test_rights_that_others_get_on_whatever_is_made_are_noted_with_what_ends_them(
    database: str,
) -> None:
    run(
        database,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;"
        "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO pg_monitor;"
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON SEQUENCES TO pg_monitor",
    )
    ending = "ALTER DEFAULT PRIVILEGES FOR ROLE postgres"

    notes = [note for note in migrate(database).notes if "by a default privilege" in note]

    assert [note.rpartition("run: ")[2] for note in notes] == [
        f"{ending} REVOKE ALL ON FUNCTIONS FROM pg_monitor",
        f"{ending} IN SCHEMA public REVOKE ALL ON TABLES FROM pg_monitor",
    ]
    assert notes[1].startswith("pg_monitor gets SELECT on all tables that postgres makes, ")
    for note in notes:
        run(database, note.rpartition("run: ")[2])
    assert migrate(database).notes == ()


def test_a_restored_database_whose_sessions_are_in_local_time_is_brought_back_to_utc(
    empty_database: str,
) -> None:
    migrate(empty_database)
    run(empty_database, f"ALTER DATABASE {name_of(empty_database)} SET timezone TO 'Asia/Tokyo'")

    first, again = migrate(empty_database), migrate(empty_database)

    assert [note for note in first.notes if "start in UTC again" in note] == list(first.notes)
    assert (len(first.notes), again.notes) == (1, ())
    with psycopg.connect(empty_database) as session:
        assert scalar(session, "SHOW timezone") == "UTC"


def test_who_may_not_bring_it_back_is_told_what_its_owner_should_run(
    empty_database: str, tenant: str
) -> None:
    migrate(empty_database)
    run(empty_database, f"ALTER DATABASE {name_of(empty_database)} RESET timezone")

    with psycopg.connect(tenant, autocommit=True) as session:
        (note,) = start_in_utc(session)

    owner_runs = f"ALTER DATABASE \"{name_of(empty_database)}\" SET timezone TO 'UTC'"
    assert note.endswith(f"its owner should run: {owner_runs}")


def name_of(url: str) -> str:
    with psycopg.connect(url) as session:
        return session.info.dbname
