from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes
from uuid import UUID

import pytest

from assets.lifecycle.erasure_lock import erasing_alone
from assets.resources.postgres import Postgres, Role
from pipelines.delivering import deliver_by, delivery_of, gathering_of, sender_of
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


def queue_ann(installation: Installation) -> UUID:
    """A creator whose report is queued: her id."""
    installation.execute(
        "INSERT INTO users (username, email, password_hash) VALUES ('ann', 'a@b.invalid', 'hash')"
    )
    [(ann,)] = installation.rows("SELECT id FROM users")
    with Postgres(installation.url).session(Role.MAILER) as connection:
        queue_reports(connection, WEEK, [ann], now=QUEUED_AT, reaches_anyone=True)
    assert isinstance(ann, UUID)
    return ann


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
    ann = queue_ann(installation)
    platform = Postgres(installation.url)
    delivery = delivery_of(linked, platform, quiet_reports, lambda _said: None)

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


def test_no_account_is_erased_while_mail_becomes_files(installation: Installation) -> None:
    queue_ann(installation)
    platform = Postgres(installation.url)
    refusals = []

    def try_to_erase(_said: str) -> None:
        with pytest.raises(PartitionLockedError) as refused, erasing_alone(platform):
            pass
        refusals.append(str(refused.value))

    deliver_by(installation.settings, platform)(try_to_erase)

    (refusal,) = refusals
    assert "reports are being written" in refusal


def test_mail_that_a_server_takes_keeps_no_erasure_waiting(installation: Installation) -> None:
    queue_ann(installation)
    platform = Postgres(installation.url)
    settings = replace(installation.settings, smtp=SERVER, mail_from="us@example.org")
    erased = []

    def erase(_said: str) -> None:
        with erasing_alone(platform):
            erased.append(True)

    deliver_by(settings, platform)(erase)

    assert erased == [True]
