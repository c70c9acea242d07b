"""Whatever servers and senders do in whatever order: nobody gets a mail twice."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reports.creator.model import CreatorReport, ReportPeriod
from reports.delivery.back_off import MOST_ATTEMPTS
from reports.delivery.senders import Mail, Outcome, Verdict
from tests.fixtures.mail_reports import quiet_week_of
from tests.fixtures.post_office import PostOffice

pytestmark = pytest.mark.fault

NAMES = ("ann", "bob")


class SenderDiedError(BaseException):
    """The process ends here; the database session with it."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one attempt: whether the server has the mail, and what the sender knows."""

    is_taken: bool
    verdict: Verdict | None


FATES = (
    Fate(is_taken=True, verdict=Verdict.ACCEPTED),
    Fate(is_taken=False, verdict=Verdict.LATER),
    Fate(is_taken=False, verdict=Verdict.UNREACHABLE),
    Fate(is_taken=False, verdict=Verdict.REFUSED),
    Fate(is_taken=True, verdict=Verdict.UNKNOWN),
    Fate(is_taken=False, verdict=Verdict.UNKNOWN),
    Fate(is_taken=True, verdict=None),
    Fate(is_taken=False, verdict=None),
)


class FatedSender:
    """A sender that meets the drawn fates, one after the other, and then a good server."""

    reaches_anyone = False

    def __init__(self, fates: list[Fate]) -> None:
        self.fates = fates
        self.taken: dict[str, int] = {}
        self.attempts: dict[str, int] = {}

    def hand_over(self, mail: Mail) -> Outcome:
        fate = self.fates.pop(0) if self.fates else FATES[0]
        name = mail.recipient.removesuffix("@example.org")
        # What no server heard of was no attempt.
        heard = fate.verdict is not Verdict.UNREACHABLE
        self.attempts[name] = self.attempts.get(name, 0) + heard
        if fate.is_taken:
            self.taken[name] = self.taken.get(name, 0) + 1
        if fate.verdict is None:
            raise SenderDiedError
        return Outcome(fate.verdict, "" if fate.verdict is Verdict.ACCEPTED else "so it is")

    def withdraw(self, mail: Mail) -> None:
        raise AssertionError(mail)

    def close(self) -> None:
        pass


def quiet_reports(_period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
    """The shortest mails."""
    return (quiet_week_of(user_id) for user_id in creators)


@given(fates=st.lists(st.sampled_from(FATES), min_size=4, max_size=10))
@example(fates=[*FATES])
@example(fates=[*reversed(FATES)])
@settings(
    max_examples=6,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_nobody_gets_a_report_twice_and_the_outbox_says_who_has_one(
    office: PostOffice, fates: list[Fate]
) -> None:
    office.execute("DELETE FROM users")
    office.creators.clear()
    office.add(*NAMES)
    sender = FatedSender(fates)
    office.queue()

    while set(office.states().values()) & {"queued", "sending"}:
        with suppress(SenderDiedError):
            office.deliver(sender, gather=quiet_reports)
        office.queue()
        office.wait(timedelta(hours=16))

    for name, state in office.states().items():
        taken = sender.taken.get(name, 0)
        assert taken <= 1
        assert state in {"sent", "failed", "uncertain"}
        assert taken == {"sent": 1, "failed": 0}.get(state, taken)
        assert sender.attempts[name] == office.told(name, "attempts") <= MOST_ATTEMPTS
