from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import sql

from assets.resources.arrow_reader import open_arrow_reader
from assets.resources.postgres import (
    CLIENT_CHECK_MS,
    LOCK_TIMEOUT_MS,
    WORK_MEMORY,
    Postgres,
    Role,
)
from assets.resources.read_timeout import STATEMENT_TIMEOUT_MS
from assets.resources.snapshot import open_snapshot
from schema.errors import DatabaseUnavailableError
from tests.fixtures.platform_rows import add_people
from tests.fixtures.postgres import PASSWORD

WAITING = (
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",  # since PostgreSQL 17
)

DIALECT_OF_OTHERS = (
    "client_encoding = 'LATIN1'",
    "standard_conforming_strings = off",
    "array_nulls = off",
    "transform_null_equals = on",
    "default_transaction_isolation = 'serializable'",
)


def ask(session: psycopg.Connection, question: str) -> Any:
    row = session.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def setting(session: psycopg.Connection, name: str) -> Any:
    return ask(session, f"SELECT setting FROM pg_settings WHERE name = '{name}'")


def test_a_session_may_group_a_large_day_in_memory(postgres: Postgres) -> None:
    with postgres.session(Role.READER) as session:
        assert ask(session, "SHOW work_mem") == WORK_MEMORY


@pytest.mark.parametrize("role", list(Role))
def test_a_session_has_taken_on_its_role(postgres: Postgres, role: Role) -> None:
    with postgres.session(role) as session:
        assert ask(session, "SELECT current_user") == role.value
        assert ask(session, "SELECT session_user") == "postgres"


def test_a_session_is_in_utc_on_a_server_that_is_in_berlin(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    assert ask(connection, "SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'") == "UTC"
    with psycopg.connect(postgres.url) as plain:
        assert ask(plain, "SHOW TimeZone") == "Europe/Berlin"

    with postgres.session(Role.READER) as session:
        assert ask(session, "SHOW TimeZone") == "UTC"
        assert ask(session, "SELECT '2024-07-01'::timestamp AT TIME ZONE 'UTC'::text")


def test_a_session_gives_up_rather_than_hang(postgres: Postgres) -> None:
    with postgres.session(Role.WRITER) as session:
        assert setting(session, "lock_timeout") == str(LOCK_TIMEOUT_MS)
        assert setting(session, "statement_timeout") == str(STATEMENT_TIMEOUT_MS)
        assert setting(session, "client_connection_check_interval") == str(CLIENT_CHECK_MS)
        assert (
            ask(
                session,
                "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()",
            )
            == "sociallive"
        )


def test_no_time_out_of_the_database_ends_a_session_that_waits(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    limits = ask(connection, f"SELECT array_agg(name) FROM pg_settings WHERE name IN {WAITING}")
    for name in limits:
        limit = f"ALTER DATABASE {connection.info.dbname} SET {name} = 9999"
        connection.execute(limit.encode())
    connection.commit()

    with postgres.session(Role.WRITER) as session:
        assert {setting(session, name) for name in limits} == {"0"}
    with postgres.administration() as session:
        assert {setting(session, name) for name in limits} == {"0"}
    question = sql.SQL(f"SELECT setting FROM pg_settings WHERE name IN {WAITING}")
    with open_snapshot(postgres) as snapshot, open_arrow_reader(postgres, snapshot) as reader:
        (answer,) = reader.batches(question, {}, subject="settings")
        assert set(answer["setting"]) == {"0"}


def test_no_variable_of_libpq_takes_a_session_out_of_utc(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    monkeypatch.setenv("PGDATESTYLE", "SQL, DMY")
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    pinned = {"TimeZone": "UTC", "DateStyle": "ISO, DMY", "client_encoding": "UTF8"}

    for session in (postgres.session(Role.READER), postgres.administration()):
        with session as connected:
            connected.rollback()
            assert {name: ask(connected, f"SHOW {name}") for name in pinned} == pinned
    question = sql.SQL("SELECT current_setting('TimeZone') AS zone")
    with open_snapshot(postgres) as snapshot, open_arrow_reader(postgres, snapshot) as reader:
        (answer,) = reader.batches(question, {}, subject="settings")
        assert set(answer["zone"]) == {"UTC"}


def test_a_session_reads_and_writes_as_postgresql_does_by_default_whatever_the_database_prefers(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    for preference in DIALECT_OF_OTHERS:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {preference}".encode())
    connection.commit()
    read = sql.SQL(r"SELECT '…\d', 1 = NULL, %s::TEXT[]")

    for session in (postgres.session(Role.WRITER), postgres.administration()):
        with session as connected:
            assert connected.execute(read, [["ж", None]]).fetchone() == (r"…\d", None, ["ж", None])
            assert ask(connected, "SHOW transaction_isolation") == "read committed"


def test_options_of_the_url_are_kept_and_ours_win(database: str) -> None:
    options = "-c%20search_path%3Dpipeline%20-c%20TimeZone%3DAsia/Tokyo%20-c%20work_mem%3D7MB"
    postgres = Postgres(f"{database}&options={options}&application_name=mine")
    path = "public, pipeline"

    with postgres.session(Role.READER) as session:
        assert ask(session, "SHOW search_path") == path
        assert ask(session, "SHOW work_mem") == "7MB"
        assert ask(session, "SHOW TimeZone") == "UTC"
        assert ask(session, "SHOW application_name") == "mine"
    with postgres.administration() as session:
        assert ask(session, "SHOW search_path") == path
        assert ask(session, "SHOW TimeZone") == "UTC"
        assert ask(session, "SHOW application_name") == "mine"


@pytest.mark.parametrize(
    ("own", "path"),
    [
        ("", "public"),
        ("''", "public"),
        ('nowhere, "$user", public', "public"),
        ('pg_catalog, "Odd, one", public', 'public, "Odd, one"'),
    ],
)
def test_the_platforms_tables_come_first_and_the_databases_own_path_behind_them(
    postgres: Postgres, connection: psycopg.Connection, own: str, path: str
) -> None:
    connection.execute('CREATE SCHEMA "Odd, one"')
    connection.execute('GRANT USAGE ON SCHEMA "Odd, one" TO PUBLIC')
    database = sql.Identifier(connection.info.dbname)
    setting_of_database = f"ALTER DATABASE {{}} SET search_path = {own or 'DEFAULT'}"
    connection.execute(sql.SQL(setting_of_database).format(database))
    connection.commit()

    with postgres.session(Role.WRITER) as session:
        assert ask(session, "SHOW search_path") == path
    with postgres.administration() as session:
        assert ask(session, "SHOW search_path") == path
    with open_snapshot(postgres) as snapshot, open_arrow_reader(postgres, snapshot) as reader:
        (answer,) = reader.batches(
            sql.SQL("SELECT current_setting('search_path') AS path"), {}, subject="path"
        )
        assert answer["path"].to_list() == [path]


UNACCENT = """
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
CREATE FUNCTION extensions.unaccent(TEXT) RETURNS TEXT LANGUAGE sql RETURN $1;
CREATE FUNCTION make_findable() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.content := unaccent(NEW.content);
    RETURN NEW;
END;
$$;
CREATE TRIGGER make_findable BEFORE UPDATE ON posts
FOR EACH ROW EXECUTE FUNCTION make_findable();
"""


def test_a_trigger_of_the_platform_finds_functions_where_its_database_looks_for_them(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    people = add_people(connection)
    connection.execute(UNACCENT.encode())
    database = sql.Identifier(connection.info.dbname)
    path = sql.SQL("ALTER DATABASE {} SET search_path = public, extensions")
    connection.execute(path.format(database))
    connection.commit()

    with postgres.session(Role.WRITER) as session:
        session.execute("UPDATE posts SET engagement_score = 1 WHERE id = %s", [people.post])

    with postgres.session(Role.READER) as session:
        assert ask(session, "SELECT sum(engagement_score) FROM posts") == 1


def test_administration_is_the_urls_own_user(postgres: Postgres) -> None:
    with postgres.administration() as session:
        assert ask(session, "SELECT current_user") == "postgres"


def test_a_session_commits_at_its_end_and_not_when_it_fails(postgres: Postgres) -> None:
    insert = "INSERT INTO system_metrics (metric_name, metric_value) VALUES (%s, 1)"
    with postgres.session(Role.WRITER) as session:
        session.execute(insert, ["kept"])

    def fail() -> None:
        with postgres.session(Role.WRITER) as session:
            session.execute(insert, ["lost"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with postgres.session(Role.READER) as session:
        assert ask(session, "SELECT array_agg(metric_name) FROM system_metrics") == ["kept"]


def test_a_session_is_closed_when_its_block_ends(postgres: Postgres) -> None:
    with postgres.session(Role.READER) as session:
        pass

    assert session.closed


def test_the_reader_cannot_write_and_neither_role_reads_what_is_private(
    postgres: Postgres,
) -> None:
    for role, statement in [
        (Role.READER, b"INSERT INTO system_metrics (metric_name, metric_value) VALUES ('m', 1)"),
        (Role.READER, b"SELECT email FROM users"),
        (Role.WRITER, b"SELECT email FROM users"),
        (Role.WRITER, b"SELECT content FROM posts"),
    ]:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            postgres.session(role) as session,
        ):
            session.execute(statement)


def test_the_password_is_never_shown(
    database: str, tcp_url: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    right = Postgres(tcp_url(database))
    with right.session(Role.READER) as session:
        assert ask(session, "SELECT current_user") == Role.READER.value

    assert PASSWORD in right.conninfo(Role.READER)
    assert PASSWORD not in f"{right!r} {right} {[right]}"


@pytest.mark.parametrize("administration", [False, True])
def test_a_refused_password_is_one_sentence_without_it(
    database: str, tcp_url: Callable[..., str], *, administration: bool
) -> None:
    wrong = Postgres(tcp_url(database, password="hush hush"))
    session = wrong.administration() if administration else wrong.session(Role.READER)

    with pytest.raises(DatabaseUnavailableError) as error, session:
        raise AssertionError("entered with a wrong password")

    assert "cannot connect to PostgreSQL database" in str(error.value)
    assert "hush" not in str(error.value)
    assert error.value.__cause__ is None


def test_a_server_that_is_not_there_is_one_sentence(
    database: str, tcp_url: Callable[..., str]
) -> None:
    with (
        pytest.raises(DatabaseUnavailableError, match=r"127.0.0.1:1: .*SOCIALLIVE_DATABASE_URL"),
        Postgres(tcp_url(database, port=1)).session(Role.READER),
    ):
        raise AssertionError("connected to nobody")


@pytest.mark.fault
def test_a_session_that_the_server_ends_is_one_sentence_that_may_be_retried(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    def be_ended() -> None:
        with postgres.session(Role.WRITER) as session:
            pid = session.info.backend_pid
            connection.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
            session.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailableError, match=r"did not finish: .*terminat.*run again"):
        be_ended()


@pytest.mark.fault
def test_a_lock_that_is_held_for_too_long_is_one_sentence_that_may_be_retried(
    database: str, other_session: psycopg.Connection
) -> None:
    other_session.execute("LOCK system_metrics")

    def wait() -> None:
        with Postgres(database).session(Role.WRITER) as session:
            session.execute("SET lock_timeout = '10ms'")
            session.execute("DELETE FROM system_metrics")

    with pytest.raises(DatabaseUnavailableError, match=r"did not finish: .*lock timeout"):
        wait()


def test_a_server_that_takes_no_writes_is_one_sentence(
    postgres: Postgres, connection: psycopg.Connection
) -> None:
    read_only = f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on"
    connection.execute(read_only.encode())
    connection.commit()

    def write() -> None:
        with postgres.session(Role.WRITER) as session:
            session.execute("DELETE FROM system_metrics")

    with pytest.raises(DatabaseUnavailableError, match=r"takes no writes.*SOCIALLIVE_DATABASE_URL"):
        write()
