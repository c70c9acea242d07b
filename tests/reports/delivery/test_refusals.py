import pytest

from reports.delivery.refusals import MOST_IN_A_ROW, Refusals
from reports.delivery.senders import Verdict

OPEN = b"5.7.1 not from you, or not this"


@pytest.mark.parametrize(
    "answer",
    [
        *(b"5.1.1 nobody", b"5.1.10 null MX", b"5.2.2 full", b"5.3.4 large", b"5.6.7 form"),
        *(b"no", b"", b"nobody here, said 5.7.1"),
    ],
)
def test_mails_that_are_refused_for_themselves_are_so_however_many(answer: bytes) -> None:
    refusals = Refusals()

    verdicts = {refusals.verdict(550, answer) for _ in range(2 * MOST_IN_A_ROW)}

    assert verdicts == {Verdict.REFUSED}


@pytest.mark.parametrize("answer", [OPEN, b"5.2.252 not as that sender", b"5.7.26 no proof"])
def test_refusals_that_leave_open_whom_they_are_about_end_a_run_and_fail_nothing(
    answer: bytes,
) -> None:
    refusals = Refusals()

    verdicts = [refusals.verdict(554, answer) for _ in range(MOST_IN_A_ROW)]

    assert verdicts == [*[Verdict.LATER] * (MOST_IN_A_ROW - 1), Verdict.UNREACHABLE]


def test_behind_a_mail_that_was_taken_a_refusal_is_about_the_mail() -> None:
    refusals = Refusals()
    verdicts = []

    for _ in range(2 * MOST_IN_A_ROW):
        refusals.taken()
        verdicts.append(refusals.verdict(554, OPEN))

    assert set(verdicts) == {Verdict.REFUSED}


def test_a_server_that_takes_mails_and_then_none_is_given_up() -> None:
    refusals = Refusals()
    refusals.taken()

    verdicts = [refusals.verdict(554, OPEN) for _ in range(MOST_IN_A_ROW)]

    later = [Verdict.LATER] * (MOST_IN_A_ROW - 2)
    assert verdicts == [Verdict.REFUSED, *later, Verdict.UNREACHABLE]
