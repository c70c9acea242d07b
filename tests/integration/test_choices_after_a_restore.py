"""Who unsubscribed gets no mail from a restored backup either."""

from pathlib import Path

import psycopg

from assets.lifecycle.backup_folder import DUMPS, BackupFolder
from assets.lifecycle.database_dump import dump_database
from assets.resources.postgres import Postgres
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation
from tests.fixtures.platform_rows import add_user
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.restoring import restore

BACKUP = "2024-03-01T02-00-00.000000Z"
CHOICES = """
    SELECT users.username, preferences.frequency
    FROM pipeline.report_preferences AS preferences
    INNER JOIN users ON preferences.user_id = users.id
    ORDER BY users.username
"""


def test_a_backup_from_before_brings_mail_back_to_nobody_and_tells_nothing_of_who_was_erased(
    installation: Installation,
    command_here: Command,
    postgres_server: PostgresServer,
    tmp_path: Path,
) -> None:
    with psycopg.connect(installation.url) as session:
        ids = {name: str(add_user(session, name)) for name in ("ann", "bob", "carl")}
    command_here("preferences", "carl", "daily")
    backups = BackupFolder(tmp_path / "backups")
    with backups.lock():
        dump_database(Postgres(installation.url), backups, BACKUP)
    for name in ids:
        assert command_here("preferences", name, "off")[0] == 0
    assert command_here("erase", "bob", "--yes", "--no-run")[0] == 0
    dump = backups.root / DUMPS / BACKUP
    wanted = [("ann", "off"), ("carl", "off")]

    restore(postgres_server, installation.url, dump)
    assert installation.rows(CHOICES) == [("carl", "daily")]
    assert command_here("deliver")[0] == 0
    assert installation.rows(CHOICES) == wanted

    restore(postgres_server, installation.url, dump)
    code, said = command_here("erase", "--again", "--no-run")
    assert code == 0
    assert "Choices of reports by mail that the database lacked: 2." in said
    assert installation.rows(CHOICES) == wanted
    kept = sorted(path.stem for path in installation.settings.preferences.iterdir())
    assert kept == sorted([ids["ann"], ids["carl"]])
