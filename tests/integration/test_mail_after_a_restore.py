"""What was mailed since a backup is not mailed again from it."""

from dataclasses import replace
from pathlib import Path

from assets.lifecycle.backup_folder import DUMPS, BackupFolder
from assets.lifecycle.database_dump import dump_database
from assets.resources.postgres import Postgres
from pipelines.delivering import sender_of
from reports.delivery.senders import Sender
from reports.delivery.smtp_url import parse_smtp_url
from tests.fixtures.installation import Installation
from tests.fixtures.mail_server import running_mail_server
from tests.fixtures.post_office import MAIL_FROM, PostOffice
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.restoring import restore

BACKUP = "2024-03-01T02-00-00.000000Z"


def test_mails_that_went_out_after_a_backup_are_uncertain_once_it_is_restored(
    installation: Installation, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    office = PostOffice(installation.url)
    office.add("before")
    office.queue()
    backups = BackupFolder(tmp_path / "backups")
    with backups.lock():
        dump_database(Postgres(installation.url), backups, BACKUP)
    [since] = office.add("since")
    office.queue()

    with running_mail_server() as server:
        settings = replace(
            installation.settings, smtp=parse_smtp_url(server.url), mail_from=MAIL_FROM
        )

        def sender() -> Sender:
            return sender_of(settings)

        assert office.deliver(sender()).states == {"sent": 2}
        restore(postgres_server, installation.url, backups.root / DUMPS / BACKUP)
        office.execute(
            "INSERT INTO users (id, username, email, password_hash)"
            " VALUES (%s, 'since', 'since@example.org', 'hash')",
            since,
        )
        office.queue()
        assert office.states() == {"before": "queued", "since": "queued"}

        assert office.deliver(sender()).states == {"uncertain": 2}

    assert len(server.accepted) == 2
