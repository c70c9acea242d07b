import psycopg
import pytest

from schema.errors import SchemaMismatchError
from schema.migrate import Migration, known_migrations, migrate
from tests.fixtures.platform_rows import rows, scalar
from tests.fixtures.postgres import PostgresServer

ALL = tuple(migration.name for migration in known_migrations())


def test_a_schema_of_the_name_of_ours_is_refused(empty_database: str) -> None:
    with psycopg.connect(empty_database) as session:
        session.execute("CREATE SCHEMA pipeline")

    with pytest.raises(SchemaMismatchError, match='schema "pipeline" already exists, and not by'):
        migrate(empty_database)


@pytest.mark.parametrize(
    "setting",
    [
        "search_path = elsewhere",
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "timezone = 'Asia/Tokyo'",
        "client_encoding = 'LATIN1'",
        "standard_conforming_strings = off",
    ],
)
def test_settings_of_the_database_lead_no_migration_astray(
    empty_database: str, setting: str
) -> None:
    with psycopg.connect(empty_database, autocommit=True) as session:
        session.execute("CREATE SCHEMA elsewhere")
        session.execute(f"ALTER DATABASE {session.info.dbname} SET {setting}".encode())

    assert migrate(empty_database).applied == ALL

    with psycopg.connect(empty_database) as session:
        outside = "SELECT relname FROM pg_class WHERE relnamespace = 'elsewhere'::regnamespace"
        assert rows(session, outside) == []


def test_who_the_url_lets_a_session_act_as_owns_what_is_migrated(
    postgres_server: PostgresServer, empty_database: str
) -> None:
    name = empty_database.partition("?")[0].rpartition("/")[2]
    postgres_server.execute("CREATE ROLE {owner} CREATEROLE", owner="acting_owner")
    try:
        change = "ALTER DATABASE {database} OWNER TO {owner}"
        postgres_server.execute(change, database=name, owner="acting_owner")
        table = Migration("0002_table", "CREATE TABLE owned (id INT)")

        migrate(
            f"{empty_database}&options=-c%20role%3Dacting_owner", [known_migrations()[0], table]
        )

        with psycopg.connect(empty_database) as session:
            owner = "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'owned'"
            assert scalar(session, owner) == "acting_owner"
    finally:
        with psycopg.connect(empty_database) as session:
            session.execute("REASSIGN OWNED BY acting_owner TO postgres")
            session.execute("DROP OWNED BY acting_owner")
        postgres_server.execute("ALTER DATABASE {database} OWNER TO postgres", database=name)
        postgres_server.execute("DROP ROLE {owner}", owner="acting_owner")


def test_no_variable_of_libpq_leads_a_migration_astray(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    moment = Migration(
        "0002_moment", "CREATE TABLE zones AS SELECT current_setting('TimeZone') AS zone"
    )

    migrate(empty_database, [known_migrations()[0], moment])

    with psycopg.connect(empty_database) as session:
        assert rows(session, "SELECT zone FROM zones") == [("UTC",)]


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_is_not_in_utf_8_is_refused_before_anything_changes(
    postgres_server: PostgresServer, encoding: str
) -> None:
    name = f"in_{encoding.lower()}"
    made = f"CREATE DATABASE {{name}} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
    postgres_server.execute(made, name=name)
    try:
        with pytest.raises(SchemaMismatchError, match=rf"{name} is encoded in {encoding}, not in"):
            migrate(postgres_server.url(name))
        with psycopg.connect(postgres_server.url(name)) as session:
            assert scalar(session, "SELECT to_regnamespace('pipeline')") is None
    finally:
        postgres_server.execute("DROP DATABASE {name}", name=name)


def test_no_time_out_of_the_database_ends_a_migration(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as session:
        limits = "SELECT name FROM pg_settings WHERE name ~ '^(statement|transaction)_timeout$'"
        for (name,) in rows(session, limits):
            session.execute(f"ALTER DATABASE {session.info.dbname} SET {name} = 200".encode())
    slow = Migration("0002_slow", "SELECT pg_sleep(0.3)")

    assert migrate(empty_database, [known_migrations()[0], slow]).applied[1] == slow.name
