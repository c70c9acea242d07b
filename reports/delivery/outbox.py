"""The outbox in the database: each report goes to its creator once, whoever sends and dies when.

A mail passes one gate, `begin_attempt`, and the row says so before the server hears of it. What is
found behind that gate without a living sender is uncertain, and never sent again.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from reports.creator.model import Period, ReportPeriod
from reports.delivery.preferences import FREQUENCY_OF
from reports.delivery.senders import Mail
from schema.sql import load_sql

# A mail that still cannot be written after that long would tell of a day long gone.
LONGEST_WAIT = timedelta(days=14)
# What waits is not due again in the same run, and is in the next one.
NEXT_RUN = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of the creators that were to get a report.

    `known`: queued by an earlier run; `unreachable`: account off, or no address that can be
    written to; `unwanted`: they chose another frequency, or none.
    """

    queued: int
    known: int
    unreachable: int
    unwanted: int


@dataclass(frozen=True, slots=True)
class Due:
    """A mail whose turn it is; `is_verifying`: whether the platform verifies addresses."""

    user_id: UUID
    period: ReportPeriod
    attempts: int
    queued_at: datetime
    email: str = field(repr=False)
    is_verifying: bool


def queue_reports(
    connection: psycopg.Connection,
    period: ReportPeriod,
    creators: Sequence[UUID],
    *,
    now: datetime,
    reaches_anyone: bool,
) -> Queued:
    """Queue a report for each creator that wants this period's; safe to repeat.

    `reaches_anyone`: of the sender, whether an address that no server can deliver to is good
    enough.
    """
    facts = _named(period) | {
        "creators": list(creators),
        "frequency": FREQUENCY_OF[period.period],
        "reaches_anyone": reaches_anyone,
        "now": now,
    }
    [counts] = connection.execute(load_sql(__package__, "queue_reports"), facts).fetchall()
    return Queued(*counts)


def is_known(connection: psycopg.Connection, mail: Mail) -> bool:
    """Whether a mail's creator is still there: without, the outbox has no row of it."""
    facts = {"user_id": mail.user_id, **_named(mail.period)}
    return connection.execute(load_sql(__package__, "select_delivery"), facts).rowcount > 0


def count_deliveries(connection: psycopg.Connection) -> list[tuple[str, str, int]]:
    """Mails per state, and what queued ones wait for."""
    return [tuple(row) for row in connection.execute(load_sql(__package__, "count_deliveries"))]


@dataclass(frozen=True, slots=True)
class Turn:
    """A sender's hold on the outbox, as long as its session lives; in autocommit."""

    connection: psycopg.Connection
    sender: int

    def abandon_lost(self, now: datetime) -> int:
        """Mark what ended senders were handing over as uncertain; how many those are."""
        return self._execute("abandon_lost", {"now": now}).rowcount

    def take_due(self, now: datetime, most: int) -> list[Due]:
        """The next mails, all of one report period."""
        rows = self._execute("take_due", {"now": now, "most": most}).fetchall()
        return [_due(row) for row in rows]

    def begin_attempt(
        self, due: Due, message_id: str, now: datetime, *, reaches_anyone: bool
    ) -> str | None:
        """Pass the gate: `sending`, or `stopped` when it is not wanted; None when it is gone.

        `reaches_anyone`: as in `queue_reports`.
        """
        facts = {
            "message_id": message_id,
            "email": due.email,
            "is_verifying": due.is_verifying,
            "reaches_anyone": reaches_anyone,
            "frequency": FREQUENCY_OF[due.period.period],
            "now": now,
        }
        return self._state("begin_attempt", due.user_id, due.period, facts)

    def end_attempt(self, mail: Mail, facts: dict[str, Any]) -> str | None:
        """Record how it went; None when the account is gone."""
        return self._state("end_attempt", mail.user_id, mail.period, facts)

    def undo_attempt(self, mail: Mail, reason: str, now: datetime) -> str | None:
        """Let a mail wait that no server heard of, as if untried, or fail it once it is too old.

        None when the account is gone.
        """
        facts = {"reason": reason, "now": now, "too_old": now - LONGEST_WAIT}
        return self._state("undo_attempt", mail.user_id, mail.period, facts)

    def give_up(self, due: Due, reason: str, now: datetime) -> str | None:
        """Fail a mail that cannot be sent at all."""
        return self._state("give_up", due.user_id, due.period, {"reason": reason, "now": now})

    def put_back(
        self, dues: Sequence[Due], waits_for: str, reason: str, *, now: datetime, run: datetime
    ) -> list[str]:
        """Let mails of one period wait until the next run, or fail those that waited for long."""
        if not dues:
            return []
        facts = _named(dues[0].period) | {
            "creators": [due.user_id for due in dues],
            "waits_for": waits_for,
            "reason": reason,
            "now": now,
            "too_old": now - LONGEST_WAIT,
            "next_run": run + NEXT_RUN,
        }
        return [state for (state,) in self._execute("put_back", facts)]

    def release(self) -> None:
        """Let go of what was taken and not begun."""
        self._execute("release_taken", {})

    def _state(
        self, statement: str, user_id: UUID, period: ReportPeriod, facts: dict[str, Any]
    ) -> str | None:
        named = {"user_id": user_id, **_named(period), **facts}
        row = self._execute(statement, named).fetchone()
        return row[0] if row else None

    def _execute(self, statement: str, facts: dict[str, Any]) -> psycopg.Cursor[Any]:
        return self.connection.execute(
            load_sql(__package__, statement), {"sender": self.sender, **facts}
        )


@contextmanager
def turn_of_sender(connection: psycopg.Connection) -> Iterator[Turn]:
    """Be a sender until the end; the session is in autocommit and no one else's."""
    [(sender, _locked)] = connection.execute(load_sql(__package__, "begin_sender")).fetchall()
    turn = Turn(connection, sender)
    try:
        yield turn
    finally:
        # The session's end frees them too: what a sender that is gone has taken is anybody's.
        with suppress(psycopg.OperationalError):
            turn.release()


def _due(row: tuple[Any, ...]) -> Due:
    user_id, period, last_day, *facts = row
    return Due(user_id, ReportPeriod(Period(period), last_day), *facts)


def _named(period: ReportPeriod) -> dict[str, Any]:
    return {"period": period.period, "last_day": period.last}
