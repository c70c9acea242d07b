import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.mail_server import Answer, MailServer
from tests.fixtures.post_office import PostOffice, smtp_sender

PROGRAM = Path(__file__).with_name("sending_process.py")
ANN = "ann@example.org"
SESSION = "SELECT FROM pg_stat_activity WHERE pid = %s"


@pytest.fixture
def sending(office: PostOffice, mail_server: MailServer) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose mail to Ann the server has, which it does not know."""
    office.add("ann", "bob")
    office.queue()
    mail_server.plans[ANN] = [Answer.ACCEPT_AND_BLOCK]
    root = str(PROGRAM.parents[3])
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), office.url, mail_server.url],
        cwd=root,
        env={"PYTHONPATH": root, "PATH": ""},
    ) as process:
        assert mail_server.is_taken.wait(60)
        yield process
        process.kill()


def backend_of_sender(office: PostOffice) -> int:
    """The session that holds the lock of the sender whose mail is on its way."""
    [(pid,)] = office.rows(
        "SELECT pid FROM pg_locks INNER JOIN pipeline.report_deliveries ON objid = sender"
        " WHERE locktype = 'advisory' AND objsubid = 2 AND state = 'sending'"
    )
    return int(pid)


@pytest.mark.fault
def test_a_killed_sender_leaves_one_mail_that_is_uncertain_and_no_second_one(
    office: PostOffice, mail_server: MailServer, sending: subprocess.Popen[bytes]
) -> None:
    assert office.told("ann", "state") == "sending"
    theirs = backend_of_sender(office)

    sending.kill()
    sending.wait()
    while office.rows(SESSION, theirs):
        pass
    mail_server.may_answer.set()
    first = office.deliver(smtp_sender(mail_server.url))
    office.queue()
    second = office.deliver(smtp_sender(mail_server.url))

    assert first.states["uncertain"] == 1
    assert second.states == {}
    assert office.states() == {"ann": "uncertain", "bob": "sent"}
    [mail] = mail_server.mails_to(ANN)
    assert f"Message-ID: {office.told('ann', 'message_id')}\r\n".encode() in mail
    assert len(mail_server.mails_to("bob@example.org")) == 1


def test_a_sender_that_lives_is_left_alone(
    office: PostOffice, mail_server: MailServer, sending: subprocess.Popen[bytes]
) -> None:
    office.deliver(smtp_sender(mail_server.url))
    assert office.told("ann", "state") == "sending"

    mail_server.may_answer.set()

    assert sending.wait(60) == 0
    assert office.states() == {"ann": "sent", "bob": "sent"}
    assert len(mail_server.accepted) == 2
