from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from uuid import UUID

import pytest

from assets.lifecycle.erasure_lock import erasing_alone
from assets.resources.postgres import Postgres, Role
from pipelines.delivering import delivery_of, gathering_of, sender_of
from pipelines.link_targets import link_targets_of
from pipelines.settings import Settings
from reports.creator.model import CreatorReport, ReportPeriod
from reports.delivery.eml_folder import EmlFolder
from reports.delivery.handed_over import HandedOver, OnceSender
from reports.delivery.links import read_unsubscribe_token
from reports.delivery.outbox import queue_reports
from reports.delivery.smtp import SmtpSender
from reports.delivery.smtp_url import SmtpServer
from schema.errors import PartitionLockedError
from tests.fixtures.installation import Installation
from tests.fixtures.mail_reports import QUEUED_AT, WEEK, quiet_week_of

SERVER = SmtpServer("mail.example.org", 587, "required")


def quiet_reports(_period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
    return (quiet_week_of(user_id) for user_id in creators)


@pytest.fixture
def linked(installation: Installation) -> Settings:
    return replace(installation.settings, public_url="https://a.example")


def test_a_server_of_the_settings_sends_and_without_one_files_are_written(
    installation: Installation,
) -> None:
    settings = replace(installation.settings, smtp=SERVER, mail_from="us@example.org")

    sender = SmtpSender(SERVER, "us@example.org")
    assert sender_of(settings) == OnceSender(sender, HandedOver(settings.home / "mailed"))
    assert sender_of(installation.settings) == EmlFolder(installation.settings.outbox)


def test_links_in_mail_are_opened_by_the_same_installation(
    installation: Installation, linked: Settings
) -> None:
    installation.execute(
        "INSERT INTO users (username, email, password_hash) VALUES ('ann', 'a@b.invalid', 'hash')"
    )
    [(ann,)] = installation.rows("SELECT id FROM users")
    platform = Postgres(installation.url)
    delivery = delivery_of(linked, platform, quiet_reports, lambda _said: None)
    with platform.session(Role.MAILER) as connection:
        queue_reports(connection, WEEK, [ann], now=QUEUED_AT, reaches_anyone=True)

    assert delivery.run().states == {"sent": 1}

    path = linked.outbox / "week-2024-03-02" / f"{ann}.eml"
    message = message_from_bytes(path.read_bytes())
    assert message["From"] == "Social Live <reports@sociallive.invalid>"
    token = message["List-Unsubscribe"].split(">")[0].rpartition("/")[2]
    assert read_unsubscribe_token(link_targets_of(linked, platform).key, token) == ann


def test_nobody_s_page_is_written_for_a_mail_while_an_account_is_erased(
    installation: Installation,
) -> None:
    platform = Postgres(installation.url)
    gather = gathering_of(installation.settings, platform)

    with erasing_alone(platform), pytest.raises(PartitionLockedError, match="being erased"):
        list(gather(WEEK, []))
