"""Migrations while others work on the same tables."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from schema.errors import DatabaseUnavailableError
from schema.lock_retries import LockRetries
from schema.migrate import MIGRATION_LOCK, Migration, known_migrations, migrate

pytestmark = pytest.mark.fault

NEWER = Migration("9999_mood", "ALTER TABLE comments ADD COLUMN mood TEXT")
WITH_NEWER = [*known_migrations(), NEWER]
CANCEL_WHO_WAITS = """
    SELECT pg_cancel_backend(pid) FROM pg_locks
    WHERE
        NOT granted AND locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def test_a_migration_whose_table_is_held_gives_up_in_one_sentence_and_is_repeated(
    database: str, connection: psycopg.Connection
) -> None:
    connection.execute("SELECT FROM comments")

    with pytest.raises(DatabaseUnavailableError, match="could not apply 9999_mood: other sessions"):
        migrate(database, WITH_NEWER, LockRetries((10, 10), sleep=lambda _seconds: None))

    connection.rollback()
    assert migrate(database, WITH_NEWER).applied == (NEWER.name,)


def test_between_its_attempts_nobody_queues_behind_a_migration(
    database: str, connection: psycopg.Connection
) -> None:
    connection.execute("SELECT FROM comments")

    def rest(_seconds: float) -> None:
        with psycopg.connect(database, options="-c lock_timeout=1s") as application:
            application.execute("DELETE FROM comments")
        connection.rollback()

    report = migrate(database, WITH_NEWER, LockRetries((10, 10), sleep=rest))

    assert report.applied == (NEWER.name,)


def test_a_wait_for_another_migration_that_is_cancelled_is_one_sentence(
    database: str, connection: psycopg.Connection
) -> None:
    connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])

    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(migrate, database)
        while not connection.execute(CANCEL_WHO_WAITS).fetchall():
            assert not waiting.done()

        with pytest.raises(DatabaseUnavailableError, match=r"ended the migration: canceling"):
            waiting.result(60)
