import re
import resource
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from assets.lifecycle.backed_up_server import require_all_rows, server_facts
from assets.lifecycle.backup_folder import DUMPS, BackupFolder
from assets.lifecycle.backup_manifest import TableContents
from assets.lifecycle.database_dump import ARCHIVE, dump_database, exported_snapshot
from assets.lifecycle.dump_drill import table_differences
from assets.lifecycle.table_contents import (
    object_counts,
    pin_spelling,
    sequence_positions,
    table_contents,
)
from assets.resources.postgres import Postgres
from schema.errors import BackupFailedError, UsageError
from tests.fixtures.platform_rows import add_people, follow, open_session
from tests.fixtures.postgres import PostgresServer

NAME = "2026-11-25T02-00-00.000000Z"
FILE_LIMIT_BYTES = 1_000
GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "production.md"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[BackupFolder]:
    folder = BackupFolder(tmp_path / "backups")
    with folder.lock():
        yield folder


@pytest.fixture
def backup_user(
    postgres_server: PostgresServer, database: str
) -> Iterator[Callable[[str], Postgres]]:
    """The database as a user with some rights, who has a password and comes over TCP."""

    def create(rights: str) -> Postgres:
        postgres_server.execute(
            f"CREATE ROLE backup_user LOGIN {rights} PASSWORD 'se cret' IN ROLE pg_read_all_data"
        )
        return Postgres(
            database.replace("//postgres@", "//backup_user:se%20cret@127.0.0.1").partition("?")[0]
            + f"?port={postgres_server.port}"
        )

    yield create
    postgres_server.execute("DROP ROLE backup_user")


def contents(
    url: str, spelling: str = "-c TimeZone=Asia/Tokyo -c DateStyle=German"
) -> list[TableContents]:
    with psycopg.connect(url, options=spelling) as session:
        pin_spelling(session)
        return table_contents(session)


def test_a_user_that_sees_all_rows_and_owns_nothing_can_back_up(
    backup_user: Callable[[str], Postgres], connection: psycopg.Connection, folder: BackupFolder
) -> None:
    open_session(connection, add_people(connection).fan)
    connection.commit()

    manifest = dump_database(backup_user("BYPASSRLS"), folder, NAME)

    assert {table.name: table.rows for table in manifest.tables}["public.user_sessions"] == 1
    assert folder.names(DUMPS) == [NAME]
    roles = (folder.path(DUMPS, NAME) / "roles.sql").read_text()
    assert "CREATE ROLE sociallive_reader NOLOGIN;" in roles
    assert "GRANT pg_read_all_stats TO sociallive_reader;" in roles
    assert "se cret" not in roles


def test_the_account_that_the_guide_sets_up_may_take_both_kinds_of_backup(
    backup_user: Callable[[str], Postgres],
) -> None:
    [rights] = re.findall("ALTER ROLE sociallive ([A-Z ]+)'", GUIDE.read_text(encoding="utf-8"))

    with backup_user(f"CREATEROLE {rights}").administration() as session:
        facts = server_facts(session)

    require_all_rows(facts)
    assert facts.obstacle_to_base is None


def test_a_user_that_row_security_binds_is_refused(
    backup_user: Callable[[str], Postgres], folder: BackupFolder
) -> None:
    with pytest.raises(UsageError, match="BYPASSRLS"):
        dump_database(backup_user("NOBYPASSRLS"), folder, NAME)

    assert list((folder.root / DUMPS).iterdir()) == []


@pytest.mark.fault
def test_a_disk_that_takes_no_more_publishes_nothing(database: str, folder: BackupFolder) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_LIMIT_BYTES, hard))
    try:
        with pytest.raises(BackupFailedError, match=f"pg_dump failed: signal {signal.SIGXFSZ:d}"):
            dump_database(Postgres(database), folder, NAME)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list((folder.root / DUMPS).iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE users SET bio = 'x' WHERE username = 'fan'", "other contents in its 2 rows"),
        ("UPDATE posts SET visibility = 'PRIVATE'", "other contents in its 1 rows"),
        ("DELETE FROM user_followers", "had 1 rows and has 0"),
        ("DROP TABLE feed_items", "is missing"),
        ("CREATE TABLE more (id INT)", "was not backed up"),
    ],
)
def test_every_change_of_contents_shows(
    database: str, connection: psycopg.Connection, change: str, said: str
) -> None:
    people = add_people(connection)
    follow(connection, people.fan, people.author)
    connection.commit()
    before = contents(database)

    connection.execute(change.encode())
    connection.commit()

    assert said in " ".join(table_differences(before, contents(database)))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("DROP INDEX idx_users_email", "indexes"),
        ("ALTER TABLE users DROP CONSTRAINT users_username_key", "constraints"),
        ("DROP POLICY user_sessions_policy ON user_sessions", "policies"),
        (
            "ALTER TABLE user_sessions NO FORCE ROW LEVEL SECURITY",
            "tables with row security for owners",
        ),
        ("ALTER TABLE user_sessions DISABLE ROW LEVEL SECURITY", "tables with row security"),
        ("ALTER TABLE user_followers DISABLE TRIGGER USER", "triggers that fire"),
        ("ALTER TABLE users ALTER COLUMN created_at DROP DEFAULT", "columns with a default"),
        ("ALTER TABLE users ALTER COLUMN email DROP NOT NULL", "columns that take no NULL"),
        ("ALTER TABLE users DROP COLUMN bio CASCADE", "columns"),
        ("DROP SEQUENCE pipeline.fence", "sequences"),
        ("REVOKE USAGE ON SCHEMA pipeline FROM sociallive_operator", "grants"),
        ("REVOKE SELECT (username) ON users FROM sociallive_reader", "grants"),
        ("GRANT EXECUTE ON FUNCTION pipeline.living_senders() TO public", "grants"),
        (
            "ALTER FUNCTION pipeline.delete_old_deliveries(INTEGER) SECURITY INVOKER",
            "functions with the rights of their owner",
        ),
        (
            "ALTER FUNCTION pipeline.living_senders() OWNER TO sociallive_reader",
            "objects of postgres",
        ),
    ],
)
def test_whatever_a_database_loses_beside_rows_shows(
    connection: psycopg.Connection, change: str, kind: str
) -> None:
    before = object_counts(connection)

    connection.execute(change.encode())

    after = object_counts(connection)
    assert after.get(kind, 0) != before[kind]


def test_how_far_a_sequence_has_counted_is_told(connection: psycopg.Connection) -> None:
    before = sequence_positions(connection)["pipeline.fence"]

    connection.execute("SELECT nextval('pipeline.fence')")

    assert sequence_positions(connection)["pipeline.fence"] == before + 1


def test_however_a_server_spells_values_they_count_as_the_same(database: str) -> None:
    elsewhere = "-c TimeZone=America/Lima -c DateStyle=SQL -c bytea_output=escape"

    assert table_differences(contents(database), contents(database, elsewhere)) == []


def test_a_database_that_prefers_another_encoding_loses_no_character(
    database: str, connection: psycopg.Connection, folder: BackupFolder
) -> None:
    name = connection.info.dbname
    connection.execute(f"ALTER DATABASE {name} SET client_encoding = 'LATIN1'".encode())
    connection.execute("COMMENT ON TABLE users IS 'Люди'")
    connection.commit()

    dump_database(Postgres(database), folder, NAME)

    texts = (folder.path(DUMPS, NAME) / ARCHIVE / "toc.dat").read_bytes()
    assert "Люди".encode() in texts


def test_what_others_commit_during_a_backup_is_not_counted(
    database: str, connection: psycopg.Connection
) -> None:
    with Postgres(database).administration() as session, exported_snapshot(session):
        before = table_contents(session)
        add_people(connection)
        connection.commit()

        assert table_contents(session) == before


def test_the_order_of_rows_does_not_count(database: str, connection: psycopg.Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TABLE pairs AS VALUES (1, 'one'), (2, 'two'), (2, 'two')")
    before = contents(database)

    connection.execute("TRUNCATE pairs")
    connection.execute("INSERT INTO pairs VALUES (2, 'two'), (2, 'two'), (1, 'one')")

    assert table_differences(before, contents(database)) == []
