import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from reports.delivery.handed_over import KEPT_FOR, HandedOver, OnceSender
from reports.delivery.links import message_id
from reports.delivery.senders import Mail
from tests.fixtures.listening import free_port
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.mail_server import Answer, MailServer
from tests.fixtures.post_office import PostOffice, smtp_sender

ANN = "ann@example.org"
FORGET = "DELETE FROM pipeline.report_deliveries"
FILE = f"week-{WEEK.last}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mailed"


@pytest.fixture
def once(mail_server: MailServer, folder: Path) -> OnceSender:
    return sender_to(mail_server, folder)


def sender_to(mail_server: MailServer, folder: Path) -> OnceSender:
    return OnceSender(smtp_sender(mail_server.url), HandedOver(folder))


def test_what_was_sent_is_not_sent_again_though_the_outbox_has_forgotten_it(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path
) -> None:
    [ann] = office.add("ann")
    office.queue()
    office.deliver(once)
    office.execute(FORGET)
    office.add("bob")
    office.queue()

    assert office.deliver(sender_to(mail_server, folder)).states == {"uncertain": 1, "sent": 1}

    assert office.states() == {"ann": "uncertain", "bob": "sent"}
    assert "restored from a backup" in office.told("ann", "last_error")
    assert len(mail_server.mails_to(ANN)) == 1
    assert str(ann) not in (folder / FILE).read_text()
    assert (folder / FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("answer", [Answer.LATER, Answer.UNKNOWN_USER])
def test_what_no_server_took_may_be_sent_after_a_restore(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path, answer: Answer
) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [answer]
    office.deliver(once)
    office.execute(FORGET)
    office.queue()

    assert office.deliver(sender_to(mail_server, folder)).states == {"sent": 1}

    assert len(mail_server.mails_to(ANN)) == 1


def test_what_a_server_never_answered_about_stays_uncertain_after_a_restore(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path
) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [Answer.ACCEPT_AND_DIE]
    assert office.deliver(once).states == {"uncertain": 1}
    office.execute(FORGET)
    office.queue()

    assert office.deliver(sender_to(mail_server, folder)).states == {"uncertain": 1}

    assert len(mail_server.mails_to(ANN)) == 1


def test_what_no_server_heard_of_is_sent_as_soon_as_one_is_there(
    office: PostOffice, mail_server: MailServer, folder: Path
) -> None:
    office.add("ann")
    office.queue()
    away = OnceSender(smtp_sender(f"smtp://127.0.0.1:{free_port()}"), HandedOver(folder))
    assert office.deliver(away).stopped_by

    assert office.deliver(sender_to(mail_server, folder)).states == {"sent": 1}


def test_a_mail_is_the_same_whatever_domain_it_comes_from(tmp_path: Path) -> None:
    here, there, other = (
        Mail(UUID(int=7), WEEK, ANN, message_id(b"k" * 32, UUID(int=user), WEEK, domain), b"")
        for user, domain in ((7, "a.example"), (7, "b.example.org"), (8, "a.example"))
    )

    HandedOver(tmp_path).begin(here)

    known = HandedOver(tmp_path)
    assert [known.has(mail) for mail in (here, there, other)] == [True, True, False]


def test_a_note_is_on_disk_before_anybody_hears_of_the_mail(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = Mail(UUID(int=7), WEEK, ANN, message_id(b"k" * 32, UUID(int=7), WEEK, "a.example"), b"")
    folder.mkdir()
    flushed: list[int] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    HandedOver(folder).begin(mail)

    assert flushed == [(folder / FILE).stat().st_ino, folder.stat().st_ino]


def test_what_is_not_taken_at_once_is_tried_again_until_it_is(
    office: PostOffice, mail_server: MailServer, once: OnceSender
) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [Answer.GREYLIST, Answer.LATER]

    for _ in range(3):
        office.deliver(once)
        office.wait(timedelta(hours=2))

    assert office.states() == {"ann": "sent"}


def test_a_line_that_a_power_loss_broke_off_hides_no_other(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path
) -> None:
    folder.mkdir()
    (folder / FILE).write_bytes(b"\n+0123\0\0\0")
    office.add("ann")
    office.queue()
    office.deliver(once)
    office.execute(FORGET)
    office.queue()

    assert office.deliver(sender_to(mail_server, folder)).states == {"uncertain": 1}


def test_no_mail_goes_out_that_cannot_be_noted(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path
) -> None:
    office.add("ann")
    office.queue()
    folder.write_text("a file in the place of the folder")

    delivered = office.deliver(once)

    assert f"{folder / FILE} cannot be read or written" in str(delivered.trouble)
    assert office.states() == {"ann": "queued"}
    assert mail_server.accepted == []


def test_notes_older_than_backups_go_and_others_stay(
    office: PostOffice, once: OnceSender, folder: Path
) -> None:
    folder.mkdir()
    old = folder / f"day-{WEEK.last - KEPT_FOR - timedelta(days=1)}"
    kept = folder / f"day-{WEEK.last - KEPT_FOR}"
    for path in (old, kept):
        path.touch()
    office.add("ann")
    office.queue()

    office.deliver(once)

    assert sorted(path.name for path in folder.iterdir()) == sorted([kept.name, FILE])


def test_what_others_have_put_beside_the_notes_stays_and_costs_no_mail(
    office: PostOffice, mail_server: MailServer, once: OnceSender, folder: Path
) -> None:
    (folder / "day-2001-01-01").mkdir(parents=True)
    (folder / "week-2001-13-32").touch()
    office.add("ann")
    office.queue()

    assert office.deliver(once).states == {"sent": 1}

    assert {path.name for path in folder.iterdir()} == {"day-2001-01-01", "week-2001-13-32", FILE}
    assert len(mail_server.mails_to(ANN)) == 1
