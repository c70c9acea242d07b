"""A connection that stays open and carries nothing: work that may take long gives up, too."""

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder
from assets.lifecycle.base_backup import take_base
from assets.lifecycle.database_dump import dump_database
from assets.resources import postgres_programs, read_timeout
from assets.resources.postgres import Postgres
from schema import watched_connection
from schema.errors import BackupFailedError, DatabaseUnavailableError
from schema.migrate import Migration, known_migrations, migrate
from tests.fixtures.relay import Relay

pytestmark = pytest.mark.fault

NAME = "2026-11-25T02-00-00.000000Z"
MANY_BYTES = """
    CREATE TABLE many_bytes AS
    SELECT repeat(md5(n::text), 200) AS bytes FROM generate_series(1, 20000) AS n
"""
HARD_TO_COMPRESS = """
    CREATE TABLE hard_to_compress AS
    SELECT md5(n::text) AS bytes FROM generate_series(1, 450000) AS n
"""
SLOW = "SELECT pg_sleep(2.5)"
SLOW_ONE = Migration("9999_slow", f"DO $$ BEGIN PERFORM FROM ({SLOW}) AS slow; END; $$")
WITH_A_SLOW_ONE = [*known_migrations(), SLOW_ONE]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[BackupFolder]:
    folder = BackupFolder(tmp_path / "backups")
    with folder.lock():
        yield folder


@pytest.fixture(autouse=True)
def short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_timeout, "READ_TIMEOUT_S", 3)
    monkeypatch.setattr(watched_connection, "SILENCE_S", 0.5)
    monkeypatch.setattr(watched_connection, "GRACE_S", 0.2)
    monkeypatch.setattr(watched_connection, "ASKING_TIMEOUT_S", 2)


@pytest.mark.parametrize("more_bytes", [150_000, 1_500_000])
def test_a_dump_that_hears_nothing_more_is_given_up_and_the_next_one_is_whole(
    far: Postgres,
    relay: Relay,
    connection: psycopg.Connection,
    folder: BackupFolder,
    more_bytes: int,
) -> None:
    connection.execute(MANY_BYTES)
    connection.commit()
    relay.fall_silent_after(more_bytes)

    with pytest.raises((BackupFailedError, psycopg.OperationalError)) as refusal:
        dump_database(far, folder, NAME)

    assert "nothing" in str(refusal.value)
    assert folder.names(DUMPS) == []
    relay.clear_up()
    dump_database(far, folder, NAME)
    assert folder.names(DUMPS) == [NAME]


def test_a_dump_that_takes_longer_is_waited_for_while_its_bytes_come(
    far: Postgres,
    relay: Relay,
    connection: psycopg.Connection,
    folder: BackupFolder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # More often than it writes.
    monkeypatch.setattr(postgres_programs, "LOOKS", 1_000)
    connection.execute(HARD_TO_COMPRESS)
    connection.commit()
    relay.bytes_per_second = 2_000_000
    began = time.monotonic()

    dump_database(far, folder, NAME)

    assert folder.names(DUMPS) == [NAME]
    assert time.monotonic() - began > 2 * read_timeout.READ_TIMEOUT_S


def test_a_base_backup_that_hears_nothing_more_is_given_up(
    far: Postgres, relay: Relay, folder: BackupFolder
) -> None:
    relay.fall_silent_after(2_000_000)

    with pytest.raises(BackupFailedError, match="pg_basebackup failed: nothing came for"):
        take_base(far, None, folder, NAME)

    assert folder.names(BASES) == []


def test_a_migration_that_hears_nothing_more_is_given_up_and_the_next_one_ends_it(
    far: Postgres, relay: Relay, database: str
) -> None:
    relay.fall_silent_after(5_500)

    with pytest.raises(DatabaseUnavailableError, match="said nothing for"):
        migrate(far.url, WITH_A_SLOW_ONE)

    relay.clear_up()
    assert migrate(database, WITH_A_SLOW_ONE).version == SLOW_ONE.name


@pytest.mark.parametrize("for_new_ones", [True, False])
def test_a_session_whose_server_waits_for_it_is_given_up(
    far: Postgres, relay: Relay, *, for_new_ones: bool
) -> None:
    """Rows of a load that do not get through: the server waits for them, and we for its answer."""
    with far.administration() as session:
        session.execute("CREATE TEMPORARY TABLE arriving (text TEXT)")
        with pytest.raises(psycopg.OperationalError, match="said nothing for"):
            load_rows_into_silence(session, relay, for_new_ones=for_new_ones)


def load_rows_into_silence(
    session: psycopg.Connection, relay: Relay, *, for_new_ones: bool
) -> None:
    with session.cursor() as cursor, cursor.copy("COPY arriving FROM STDIN") as copy:
        relay.fall_silent_after(0, for_new_ones=for_new_ones)
        copy.write("row\n")


def test_a_session_whose_answer_is_lost_is_given_up(far: Postgres, relay: Relay) -> None:
    """The server has ended what it was asked, and says so to whoever asks anew."""
    with far.administration() as session:
        relay.fall_silent_after(0, for_new_ones=False)
        with pytest.raises(psycopg.OperationalError, match="said nothing for"):
            session.execute("SELECT 1")


def test_a_statement_that_takes_longer_is_waited_for_while_the_server_works(
    far: Postgres, database: str
) -> None:
    began = time.monotonic()
    with far.administration() as session:
        session.execute(SLOW)
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert migrate(database, WITH_A_SLOW_ONE).applied == (SLOW_ONE.name,)
    assert time.monotonic() - began > 5
