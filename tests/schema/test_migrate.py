from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from assets.resources.embedded import EmbeddedPostgres
from schema.errors import DatabaseUnavailableError, SchemaMismatchError, UsageError
from schema.migrate import Migration, known_migrations, migrate, require_current_schema
from tests.fixtures.platform_rows import rows, scalar
from tests.fixtures.postgres import PostgresServer, new_database

ALL = tuple(migration.name for migration in known_migrations())
BROKEN = Migration("0003_broken", "CREATE TABLE half_done (id INT); SELECT 1 / 0;")
GRANT = "GRANT pg_read_all_stats TO sociallive_reader"
ROLES = (
    *("authenticated_users", "sociallive_reader", "sociallive_writer"),
    *("sociallive_operator", "sociallive_reporter", "sociallive_mailer"),
)


@pytest.fixture
def other_database(postgres_server: PostgresServer) -> Iterator[str]:
    with new_database(postgres_server, "other") as url:
        yield url


@pytest.fixture
def hosted(home: Path) -> Iterator[Callable[[str], str]]:
    """A server without our roles: gives addresses of its database "hosted" by user name.

    "owner" owns it and has CREATEROLE; "other" may log in and owns the database "elsewhere".
    """
    url = EmbeddedPostgres(home).start()
    with psycopg.connect(url, autocommit=True) as session:
        for statement in (
            "CREATE ROLE owner LOGIN CREATEROLE",
            "CREATE ROLE other LOGIN",
            "CREATE DATABASE hosted OWNER owner TEMPLATE template0",
        ):
            session.execute(statement)
    yield lambda user: url.replace("//postgres@/sociallive", f"//{user}@/hosted")
    EmbeddedPostgres(home).stop()


def applied(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as session:
        return rows(session, "SELECT name, applied_at FROM pipeline.schema_migrations ORDER BY 1")


def test_an_empty_database_gets_every_migration_in_order(empty_database: str) -> None:
    report = migrate(empty_database)

    assert report.applied == ALL
    assert (report.version, report.already) == (ALL[-1], 0)
    assert tuple(name for name, _ in applied(empty_database)) == ALL


def test_a_second_run_does_nothing(empty_database: str) -> None:
    migrate(empty_database)
    before = applied(empty_database)

    report = migrate(empty_database)

    assert (report.applied, report.already, report.notes) == ((), len(ALL), ())
    assert applied(empty_database) == before


@pytest.mark.fault
def test_of_two_at_once_one_applies_and_both_succeed(empty_database: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(migrate, [empty_database] * 2))

    assert sorted(report.applied for report in reports) == [(), ALL]


def test_two_databases_of_one_server_migrate_at_once(
    empty_database: str, other_database: str
) -> None:
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(migrate, [empty_database, other_database]))

    assert [report.applied for report in reports] == [ALL, ALL]


@pytest.mark.fault
def test_two_databases_migrate_at_once_where_no_role_exists_yet(
    hosted: Callable[[str], str],
) -> None:
    urls = [hosted("postgres"), hosted("postgres").replace("/hosted", "/sociallive")]

    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(migrate, urls))

    assert [report.applied for report in reports] == [ALL, ALL]


def test_a_failing_migration_leaves_nothing_of_itself_and_all_before_it(
    empty_database: str,
) -> None:
    good = known_migrations()[:2]

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database, [*good, BROKEN])

    assert [name for name, _ in applied(empty_database)] == [step.name for step in good]
    with psycopg.connect(empty_database) as session:
        assert scalar(session, "SELECT to_regclass('half_done')") is None
    assert migrate(empty_database).applied == ALL[2:]


def test_a_newer_schema_is_refused(database: str) -> None:
    with psycopg.connect(database) as session:
        session.execute("INSERT INTO pipeline.schema_migrations VALUES ('9999_future', 'x')")

        with pytest.raises(SchemaMismatchError, match=r"\(9999_future\): upgrade the code"):
            require_current_schema(session)
    with pytest.raises(SchemaMismatchError, match="newer schema than this code"):
        migrate(database)


def test_a_migration_that_changed_after_it_was_applied_is_refused(database: str) -> None:
    first, *others = known_migrations()
    edited = Migration(first.name, first.text + "-- later thought")

    with pytest.raises(SchemaMismatchError, match=f"{first.name} changed after .* restore the"):
        migrate(database, [edited, *others])


def test_a_database_without_the_schema_is_refused(empty_database: str) -> None:
    with (
        psycopg.connect(empty_database) as session,
        pytest.raises(SchemaMismatchError, match=r"does not have .* run `sociallive migrate`"),
    ):
        require_current_schema(session)


def test_an_older_schema_is_refused_and_what_lacks_is_named(empty_database: str) -> None:
    migrate(empty_database, known_migrations()[:-1])

    with (
        psycopg.connect(empty_database) as session,
        pytest.raises(SchemaMismatchError, match=f"lacks {ALL[-1]}: run `sociallive migrate`"),
    ):
        require_current_schema(session)


def test_the_current_schema_passes(connection: psycopg.Connection) -> None:
    require_current_schema(connection)

    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_an_owner_with_createrole_migrates_and_can_take_on_every_role(
    hosted: Callable[[str], str],
) -> None:
    report = migrate(hosted("owner"))

    assert report.applied == ALL
    # Whether a day is final is seen by members of pg_read_all_stats, which the owner may not grant.
    assert report.notes == (f"no day will count as final: a superuser should run: {GRANT}",)
    with psycopg.connect(hosted("owner")) as session:
        for role in ROLES:
            session.execute(f"SET ROLE {role}")
            assert scalar(session, "SELECT current_user") == role


def test_an_owner_who_was_let_grant_it_gives_the_reader_sight_of_other_sessions(
    hosted: Callable[[str], str],
) -> None:
    with psycopg.connect(hosted("postgres")) as session:
        session.execute("GRANT pg_read_all_stats TO owner WITH ADMIN OPTION")

    assert migrate(hosted("owner")).notes == ()


def test_a_superuser_gives_the_reader_sight_of_other_sessions(
    connection: psycopg.Connection,
) -> None:
    sees = "SELECT pg_has_role('sociallive_reader', 'pg_read_all_stats', 'USAGE')"

    assert scalar(connection, sees) is True


def test_a_user_without_the_needed_rights_is_told_which_migration_stops_where(
    hosted: Callable[[str], str],
) -> None:
    refusal = r"other may not apply 0001_database to the database hosted: permission denied"

    with pytest.raises(UsageError, match=refusal):
        migrate(hosted("other"))


def test_roles_that_somebody_else_made_stop_an_owner_who_may_not_take_them_on(
    hosted: Callable[[str], str],
) -> None:
    migrate(hosted("postgres").replace("/hosted", "/sociallive"))
    refusal = r"may not apply 0017_roles .* superuser grant what is missing"

    with pytest.raises(UsageError, match=refusal):
        migrate(hosted("owner"))

    with psycopg.connect(hosted("postgres"), autocommit=True) as session:
        session.execute(f"GRANT {', '.join(ROLES)} TO owner")
    assert migrate(hosted("owner")).applied == ALL[ALL.index("0017_roles") :]


@pytest.mark.parametrize("password", ["", "wr@ng?password"])
def test_a_refused_password_is_told_without_the_password(
    empty_database: str, tcp_url: Callable[..., str], password: str
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="password") as refusal:
        migrate(tcp_url(empty_database, password=password))

    assert "wr@ng" not in str(refusal.value)
    assert "wr%40ng" not in str(refusal.value)


def test_a_missing_database_is_told(postgres_server: PostgresServer) -> None:
    with pytest.raises(DatabaseUnavailableError, match='database "absent" does not exist'):
        migrate(postgres_server.url("absent"))


@pytest.mark.fault
def test_a_session_ended_by_the_server_is_told(empty_database: str) -> None:
    fatal = Migration("0001_fatal", "SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DatabaseUnavailableError, match="What was finished stays"):
        migrate(empty_database, [fatal])


def test_a_server_that_is_too_old_is_refused(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.migrate.OLDEST_SERVER", 990_000)

    with pytest.raises(SchemaMismatchError, match=r"^PostgreSQL \d+.* is too old: 15 or newer"):
        migrate(empty_database)


def test_new_sessions_of_a_migrated_database_are_in_utc(empty_database: str) -> None:
    migrate(empty_database)

    with psycopg.connect(empty_database) as session:
        assert scalar(session, "SHOW timezone") == "UTC"
