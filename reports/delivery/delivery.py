"""Deliver what is due: take, gather, write, pass the gate, hand over, record; mail by mail."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import psycopg

from assets.resources.clock import utc_now
from assets.resources.postgres import Postgres, Role
from reports.creator.model import CreatorReport, ReportPeriod
from reports.delivery.back_off import wait_after
from reports.delivery.letter import Letter
from reports.delivery.mail import Letterhead
from reports.delivery.outbox import Due, Turn, is_known, turn_of_sender
from reports.delivery.pace import Pace
from reports.delivery.senders import Mail, Outcome, Sender, Verdict
from schema.errors import (
    CorruptPartitionError,
    DatabaseUnavailableError,
    HeldDayError,
    MissingPartitionError,
    PartitionLockedError,
    UnexplainedDifferenceError,
    UsageError,
)

BATCH_MAILS = 500
# What passes by itself, or has an alert of its own; and what a person must mend.
NOT_YET = (MissingPartitionError, HeldDayError, PartitionLockedError)
UNREADABLE = (CorruptPartitionError, UnexplainedDifferenceError)
NOT_FINAL = "the numbers were not final for two weeks"
NO_REPORT = "there was no report to send for two weeks"
Gather: TypeAlias = Callable[[ReportPeriod, Sequence[UUID]], Iterator[CreatorReport]]
Whole: TypeAlias = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run did: mails per state that they came to, and what stood in the way.

    `stopped_by`: why the mail server was given up, if it was. `unreadable`: why no report of a
    period could be made, for each such period; its mails wait, and those of others went out.
    """

    states: Counter[str]
    stopped_by: str | None = None
    unreadable: Mapping[ReportPeriod, str] = field(default_factory=dict)

    @property
    def trouble(self) -> str | None:
        """What a person must see to, in one sentence for each; what was not sent is queued."""
        told = [f"the delivery stopped: {self.stopped_by}"] if self.stopped_by else []
        told += [
            f"mails about the {period.period} that ends with {period.last} wait: {reason}"
            for period, reason in self.unreadable.items()
        ]
        return ". ".join(sentence.rstrip(".") for sentence in told) or None


@dataclass(slots=True)
class Delivery:
    """One run of a sender; several may run at once."""

    postgres: Postgres
    gather: Gather
    letterhead: Letterhead
    sender: Sender
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], datetime] = utc_now
    progress: Callable[[str], None] = lambda _said: None
    # Torn in between, a mail would be uncertain although nobody had to die.
    whole: Whole = nullcontext
    _states: Counter[str] = field(default_factory=Counter)
    _stopped_by: str | None = None
    _unreadable: dict[ReportPeriod, str] = field(default_factory=dict)

    def run(self) -> Delivered:
        """Deliver all that is due.

        Raises:
            DatabaseUnavailableError: the session was lost; run again, nothing is sent twice.
        """
        started = self.clock()
        try:
            with (
                self.postgres.session(Role.MAILER, autocommit=True) as connection,
                turn_of_sender(connection) as turn,
            ):
                self._states["uncertain"] += turn.abandon_lost(started)
                while self._stopped_by is None and (dues := turn.take_due(started, BATCH_MAILS)):
                    self._batch(turn, dues, started)
                    self.progress(f"{self._states['sent']:,} mails sent")
        finally:
            self.sender.close()
        return Delivered(+self._states, self._stopped_by, self._unreadable)

    def _batch(self, turn: Turn, dues: list[Due], started: datetime) -> None:
        waiting = {due.user_id: due for due in dues}
        unready: list[Due] = []
        for report in self._reports(dues[0].period, list(waiting)):
            due = waiting.pop(report.user_id)
            if report.is_final:
                self._deliver(turn, due, report)
            else:
                unready.append(due)
            if self._stopped_by is not None:
                return
        self._put_back(turn, unready, "final", NOT_FINAL, started)
        self._put_back(turn, list(waiting.values()), "report", NO_REPORT, started)

    def _reports(self, period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
        """Reports of a batch; of a day that shows none, the mails wait and others go on."""
        try:
            yield from self.gather(period, creators)
        except NOT_YET:
            return
        except UNREADABLE as error:
            self._unreadable.setdefault(period, str(error))

    def _put_back(
        self, turn: Turn, dues: list[Due], waits_for: str, reason: str, started: datetime
    ) -> None:
        states = turn.put_back(dues, waits_for, reason, now=self.clock(), run=started)
        self._states.update("held" if state == "queued" else state for state in states)

    def _deliver(self, turn: Turn, due: Due, report: CreatorReport) -> None:
        try:
            mail = self.letterhead.write(Letter(report, due.email, due.queued_at))
        except UsageError as error:
            self._count(turn.give_up(due, str(error), self.clock()))
            return
        self.pace.wait()
        with self.whole():
            self._attempt(turn, due, mail)

    def _attempt(self, turn: Turn, due: Due, mail: Mail) -> None:
        anyone = self.sender.reaches_anyone
        state = turn.begin_attempt(due, mail.message_id, self.clock(), reaches_anyone=anyone)
        if state == "sending":
            outcome = self.sender.hand_over(mail)
            try:
                self._record(turn, mail, outcome, due.attempts + 1)
            except psycopg.OperationalError:
                self._withdraw_if_gone(mail)
                raise
        else:
            self._count(state)

    def _record(self, turn: Turn, mail: Mail, outcome: Outcome, attempts: int) -> None:
        now = self.clock()
        if outcome.verdict is Verdict.UNREACHABLE:
            self._stopped_by = outcome.sentence
            state = turn.undo_attempt(mail, outcome.sentence, now)
        else:
            facts = consequences(outcome, attempts, mail.message_id, now)
            state = turn.end_attempt(mail, facts)
        if state is None:
            self.sender.withdraw(mail)
        self._count("retry" if state == "queued" else state)

    def _withdraw_if_gone(self, mail: Mail) -> None:
        """Take back what was written by a sender that stood still: its locks kept no erasure out.

        An erasure removes the account first, then files: one that comes later finds this mail.
        """
        with (
            suppress(DatabaseUnavailableError),
            self.postgres.session(Role.MAILER) as connection,
        ):
            if not is_known(connection, mail):
                self.sender.withdraw(mail)

    def _count(self, state: str | None) -> None:
        self._states[state or "gone"] += 1


def consequences(outcome: Outcome, attempts: int, message_id: str, now: datetime) -> dict[str, Any]:
    """What the outbox is to say of a mail after an attempt."""
    facts: dict[str, Any] = {
        "state": STATE_OF.get(outcome.verdict, "queued"),
        "waits_for": None,
        "next_attempt_at": None,
        "last_error": outcome.sentence or None,
        "finished_at": now,
    }
    if facts["state"] != "queued":
        return facts
    wait = wait_after(attempts, message_id)
    if wait is None:
        return facts | {"state": "failed"}
    return facts | {"waits_for": "retry", "next_attempt_at": now + wait, "finished_at": None}


STATE_OF = {
    Verdict.ACCEPTED: "sent",
    Verdict.REFUSED: "failed",
    Verdict.UNKNOWN: "uncertain",
}
