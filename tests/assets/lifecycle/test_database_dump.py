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
from assets.lifecycle.database_dump import dump_database
from assets.lifecycle.dump_drill import table_differences
from assets.lifecycle.table_contents import pin_spelling, table_contents
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


def contents(url: str) -> list[TableContents]:
    with psycopg.connect(url, options="-c TimeZone=Asia/Tokyo -c DateStyle=German") as session:
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


def test_the_order_of_rows_does_not_count(database: str, connection: psycopg.Connection) -> None:
    connection.autocommit = True
    connection.execute("CREATE TABLE pairs AS VALUES (1, 'one'), (2, 'two'), (2, 'two')")
    before = contents(database)

    connection.execute("TRUNCATE pairs")
    connection.execute("INSERT INTO pairs VALUES (2, 'two'), (2, 'two'), (1, 'one')")

    assert table_differences(before, contents(database)) == []
