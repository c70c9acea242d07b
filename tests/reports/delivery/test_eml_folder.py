import stat
from pathlib import Path
from uuid import UUID

from reports.delivery.eml_folder import EmlFolder
from reports.delivery.senders import Mail
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.post_office import PostOffice

ANN = UUID(int=7)
MAIL = Mail(ANN, WEEK, "ann@example.org", "<a@b>", b"Subject: x\r\n\r\n")


def test_a_mail_becomes_a_file_named_after_ids_only(tmp_path: Path) -> None:
    folder = EmlFolder(tmp_path / "outbox")

    folder.hand_over(MAIL)
    folder.hand_over(MAIL)

    path = tmp_path / "outbox" / "week-2024-03-02" / f"{ANN}.eml"
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]
    assert path.read_bytes() == MAIL.content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_mail_is_taken_back(tmp_path: Path) -> None:
    folder = EmlFolder(tmp_path)
    folder.hand_over(MAIL)

    folder.withdraw(MAIL)
    folder.withdraw(MAIL)

    assert list(tmp_path.rglob("*.eml")) == []


def test_delivering_writes_a_file_for_everybody_and_the_same_one_again(
    office: PostOffice, tmp_path: Path
) -> None:
    office.add("ann", "bob")
    office.execute("UPDATE users SET email = username || '@users.invalid'")
    written = []

    for _ in range(2):
        office.queue(reaches_anyone=True)
        office.deliver(EmlFolder(tmp_path))
        files = sorted(tmp_path.rglob("*.eml"))
        written.append({path.name: path.read_bytes() for path in files})
        again = "UPDATE pipeline.report_deliveries SET state = 'queued', waits_for = 'turn',"
        office.execute(f"{again} next_attempt_at = queued_at, finished_at = NULL")

    assert written[0] == written[1]
    assert set(written[0]) == {f"{user_id}.eml" for user_id in office.creators}


def test_a_folder_that_cannot_be_written_ends_the_run_and_loses_nothing(
    office: PostOffice, tmp_path: Path
) -> None:
    office.add("ann", "bob")
    office.queue()
    (tmp_path / "outbox").touch()

    delivered = office.deliver(EmlFolder(tmp_path / "outbox"))

    assert "cannot be written" in str(delivered.stopped_by)
    assert office.states() == {"ann": "queued", "bob": "queued"}
