import threading
from datetime import timedelta

import pytest

from reports.delivery.back_off import MOST_ATTEMPTS
from reports.delivery.outbox import LONGEST_WAIT
from reports.delivery.refusals import MOST_IN_A_ROW
from tests.fixtures.listening import free_port
from tests.fixtures.mail_server import Answer, MailServer
from tests.fixtures.post_office import PostOffice, smtp_sender

ANN, BOB = "ann@example.org", "bob@example.org"


@pytest.mark.fault
@pytest.mark.parametrize("answer", [Answer.GREYLIST, Answer.LATER, Answer.HANG_UP_AT_RCPT])
def test_a_mail_that_is_not_taken_now_is_tried_again_later_under_the_same_id(
    office: PostOffice, mail_server: MailServer, answer: Answer
) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [answer]
    assert office.deliver(smtp_sender(mail_server.url)).states == {"retry": 1}
    first_id, error = office.told("ann", "message_id"), office.told("ann", "last_error")

    assert office.deliver(smtp_sender(mail_server.url)).states == {}
    office.wait(timedelta(minutes=15))
    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": 1}

    assert error
    assert "@" not in error
    assert office.told("ann", "attempts") == 2
    assert office.told("ann", "message_id") == first_id
    [content] = mail_server.mails_to(ANN)
    assert f"Message-ID: {first_id}\r\n".encode() in content


@pytest.mark.fault
def test_after_eight_attempts_it_is_given_up(office: PostOffice, mail_server: MailServer) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [Answer.GREYLIST] * 9
    waits = []

    while office.states() == {"ann": "queued"}:
        office.deliver(smtp_sender(mail_server.url))
        again = office.told("ann", "next_attempt_at")
        if again is not None:
            waits.append(again - office.now)
            office.now = again

    assert office.states() == {"ann": "failed"}
    assert office.told("ann", "last_error") == "450 4.2.0 greylisted, come back later"
    assert len(mail_server.plans[ANN]) == 1
    assert len(waits) == 7
    for number, wait in enumerate(waits):
        assert timedelta(minutes=10) <= wait / 2**number <= timedelta(minutes=15)


@pytest.mark.parametrize("answer", [Answer.UNKNOWN_USER, Answer.SPAM])
def test_a_permanent_refusal_is_recorded_and_never_tried_again(
    office: PostOffice, mail_server: MailServer, answer: Answer
) -> None:
    _ann, bob = office.add("ann", "bob")
    office.queue([bob])
    mail_server.plans[ANN] = [answer]
    sender = smtp_sender(mail_server.url)

    for _ in range(3):
        office.deliver(sender)
        office.queue()
        office.wait(timedelta(days=1))

    assert office.states() == {"ann": "failed", "bob": "sent"}
    assert mail_server.mails_to(ANN) == []
    assert str(office.told("ann", "last_error")).startswith("55")
    assert "example.org" not in office.told("ann", "last_error")


@pytest.mark.fault
@pytest.mark.parametrize(
    ("answer", "accepted"), [(Answer.ACCEPT_AND_DIE, 1), (Answer.HANG_UP_IN_DATA, 0)]
)
def test_where_only_the_server_knows_the_mail_is_uncertain_and_not_sent_again(
    office: PostOffice, mail_server: MailServer, answer: Answer, accepted: int
) -> None:
    office.add("ann", "bob")
    office.queue()
    mail_server.plans[ANN] = [answer]

    for _ in range(2):
        office.deliver(smtp_sender(mail_server.url))
        office.queue()
        office.wait(timedelta(days=1))

    assert office.states() == {"ann": "uncertain", "bob": "sent"}
    assert len(mail_server.mails_to(ANN)) == accepted
    assert len(mail_server.mails_to(BOB)) == 1


def test_a_slow_server_gets_the_mail_once(office: PostOffice, mail_server: MailServer) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [Answer.ACCEPT_AND_BLOCK]
    run = threading.Thread(target=office.deliver, args=[smtp_sender(mail_server.url)])
    run.start()
    assert mail_server.is_taken.wait(20)

    assert office.states() == {"ann": "sending"}
    assert office.deliver(smtp_sender(mail_server.url)).states == {}
    mail_server.may_answer.set()
    run.join()

    assert office.states() == {"ann": "sent"}
    assert len(mail_server.accepted) == 1


@pytest.mark.fault
def test_a_server_that_is_away_ends_the_run_and_costs_no_attempt(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob", "eve")
    office.queue()

    delivered = office.deliver(smtp_sender(f"smtp://127.0.0.1:{free_port()}"))

    assert "mail server at 127.0.0.1" in str(delivered.stopped_by)
    assert delivered.states == {"retry": 1}
    left = office.rows("SELECT DISTINCT state, attempts, sender FROM pipeline.report_deliveries")
    assert left == [("queued", 0, None)]
    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": 3}


def test_a_server_that_is_away_for_days_costs_nobody_their_mail(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann")
    office.queue()
    mail_server.plans[ANN] = [Answer.GREYLIST]
    office.deliver(smtp_sender(mail_server.url))
    away = smtp_sender(f"smtp://127.0.0.1:{free_port()}")

    for _ in range(MOST_ATTEMPTS + 1):
        office.wait(timedelta(days=1))
        office.deliver(away)

    assert (office.told("ann", "state"), office.told("ann", "attempts")) == ("queued", 1)
    assert "cannot be used" in office.told("ann", "last_error")
    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": 1}
    assert office.told("ann", "attempts") == 2


def test_a_mail_that_no_server_heard_of_for_two_weeks_is_given_up(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann")
    office.queue()
    office.wait(LONGEST_WAIT)

    delivered = office.deliver(smtp_sender(f"smtp://127.0.0.1:{free_port()}"))

    assert delivered.states == {"failed": 1}
    assert "cannot be used" in office.told("ann", "last_error")
    assert office.deliver(smtp_sender(mail_server.url)).states == {}


def test_a_server_that_refuses_the_sender_fails_nobodys_mail(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add("ann", "bob")
    office.queue()
    mail_server.sender_refused = True

    delivered = office.deliver(smtp_sender(mail_server.url))

    assert "takes no mail from us: 553" in str(delivered.stopped_by)
    assert office.states() == {"ann": "queued", "bob": "queued"}


def test_a_server_that_refuses_us_at_each_recipient_fails_nobodys_mail(
    office: PostOffice, mail_server: MailServer
) -> None:
    office.add(*(f"creator{number}" for number in range(MOST_IN_A_ROW + 1)))
    office.queue()
    mail_server.at_rcpt = "554 5.7.1 <x@example.org>: Relay access denied"

    delivered = office.deliver(smtp_sender(mail_server.url))

    assert "takes no mail from us: 554 5.7.1 <(address)" in str(delivered.stopped_by)
    assert set(office.states().values()) == {"queued"}
    tries = office.rows("SELECT sum(attempts) FROM pipeline.report_deliveries")
    assert tries == [(MOST_IN_A_ROW - 1,)]
    mail_server.at_rcpt = None
    office.wait(timedelta(minutes=15))
    assert office.deliver(smtp_sender(mail_server.url)).states == {"sent": MOST_IN_A_ROW + 1}


def test_unwelcome_mails_in_front_do_not_hold_up_those_behind_them(
    office: PostOffice, mail_server: MailServer
) -> None:
    names = [f"creator{number}" for number in range(MOST_IN_A_ROW)]
    office.add("ann", *names)
    office.queue()
    mail_server.plans |= {f"{name}@example.org": [Answer.SPAM] * 9 for name in names}

    for _ in range(2):
        office.deliver(smtp_sender(mail_server.url))

    assert office.states()["ann"] == "sent"
    assert {to for to, _ in mail_server.accepted} == {ANN}
