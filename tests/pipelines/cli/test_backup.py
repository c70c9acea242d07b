from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from assets.lifecycle.backup_folder import DUMPS, BackupFolder, name_of
from pipelines.cli.status import tell_backups
from tests.fixtures.command import command_on
from tests.fixtures.platform_rows import add_people, open_session

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_the_commands_clean_up_and_back_up_and_the_status_tells_how_long_ago(
    database: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    open_session(connection, add_people(connection).fan)
    connection.execute("UPDATE user_sessions SET expires_at = now() - interval '31 days'")
    connection.commit()
    sociallive = command_on(tmp_path, SOCIALLIVE_DATABASE_URL=database)

    cleaned = sociallive("cleanup-sessions")
    taken = sociallive("backup", "--dump-only")
    shown = sociallive("status")

    assert cleaned[0] == taken[0] == shown[0] == 0
    assert "1 sessions removed that expired before" in cleaned[1]
    assert "0 feed items removed" in cleaned[1]
    assert "0 mails of the outbox removed that ended over 90 days ago" in cleaned[1]
    (name,) = BackupFolder(tmp_path / "backups").names(DUMPS)
    assert f"backups/dumps/{name}" in taken[1]
    assert "base backup: only a dump was asked for" in taken[1]
    assert "Newest backup: 20" in shown[1]
    assert "Newest successful restore drill: none yet" in shown[1]


def test_a_drill_without_a_backup_says_what_to_do(database: str, tmp_path: Path) -> None:
    code, said = command_on(tmp_path, SOCIALLIVE_DATABASE_URL=database)("restore-drill")

    assert (code, said) == (2, "error: there is no backup yet: `sociallive backup` takes one")


def test_the_status_says_what_is_late(tmp_path: Path) -> None:
    (tmp_path / DUMPS / name_of(NOW - timedelta(days=3))).mkdir(parents=True)

    assert tell_backups(BackupFolder(tmp_path), now=NOW) == [
        "Newest backup: 2026-11-22 12:00 UTC, 3 days ago, late: `sociallive backup` takes one.",
        "Newest successful restore drill: none yet; `sociallive restore-drill` does one.",
    ]
