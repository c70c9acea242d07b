"""Moving old engagement into `user_engagement_archive`, beside everybody who works with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.rows import args_row

from assets.lifecycle.archive_plan import MonthPlan, Way
from assets.resources.advisory_lock import held_lock
from assets.resources.postgres import Postgres, Role
from schema.errors import ContractError
from schema.lock_retries import PATIENT, LockRetries
from schema.sql import load_sql

BUSY = "another run is archiving engagement: wait until it has ended, then run again"

# Rows that one statement moves, and holds meanwhile: for less than a second, on a machine at rest.
ROWS_PER_STATEMENT = 5_000
# Rows that one run moves one by one, unless told otherwise.
MOST_ROWS = 5_000_000
# The rest of a divided month is read under a lock: a tenth of a second per million rows.
ATTACHABLE_ROWS = 500_000


@dataclass(slots=True)
class ArchiveReport:
    """What a run has done.

    `attached_rows`: as counted when it was planned, without a lock; late rows of the meantime went
    along. `copied_rows`: archived by copying before, as the specification has it, and now in their
    months.
    """

    cut_off: date
    attached_months: list[date] = field(default_factory=list)
    attached_rows: int = 0
    moved_rows: int = 0
    copied_rows: int = 0
    seconds_locked: float = 0.0
    is_limited: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a run does at once, and in all."""

    rows_per_statement: int = ROWS_PER_STATEMENT
    most_rows: int = MOST_ROWS
    attachable_rows: int = ATTACHABLE_ROWS


STEADY = Pace()


def plan_archive(postgres: Postgres, cut_off: date, pace: Pace) -> list[MonthPlan]:
    """What archiving with this cut-off would do now, oldest month first; changes nothing."""
    with postgres.session(Role.OPERATOR) as connection:
        return plan_within(connection, cut_off, pace)


def archive_engagement(
    postgres: Postgres,
    cut_off: date,
    *,
    pace: Pace = STEADY,
    retries: LockRetries = PATIENT,
    on_step: Callable[[str], None] = lambda _step: None,
) -> ArchiveReport:
    """Move what was created before the cut-off, oldest month first.

    Each step is a transaction of its own that leaves every row in one place; a run that was stopped
    anywhere is finished by the next one. `on_step` is told what comes next.

    Raises:
        PartitionLockedError: another archiving run is at work.
        DatabaseUnavailableError: others held the locks for too long, or the server is gone.
        ContractError: a partition is none of a calendar month, or the archive's columns are others.
    """
    with (
        postgres.session(Role.OPERATOR, autocommit=True) as connection,
        held_lock(connection, load_sql(__package__, "try_lock_archive"), refusal=BUSY),
    ):
        return archive_within(connection, cut_off, pace, retries, on_step)


def archive_within(
    connection: psycopg.Connection,
    cut_off: date,
    pace: Pace,
    retries: LockRetries = PATIENT,
    on_step: Callable[[str], None] = lambda _step: None,
) -> ArchiveReport:
    """The same in a session that nobody else archives beside."""
    run = ArchiveRun(connection, ArchiveReport(cut_off), pace, retries, on_step)
    for plan in plan_within(connection, cut_off, pace):
        run.archive(plan)
    return run.report


def plan_within(
    connection: psycopg.Connection, cut_off: date, pace: Pace = STEADY
) -> list[MonthPlan]:
    """The plan, as this session sees the tables.

    Raises:
        ContractError: a partition is none of a calendar month, or the archive's columns are others.
    """
    facts = {"cut_off": cut_off, "attachable_rows": pace.attachable_rows}
    cursor = connection.cursor(row_factory=args_row(_month_plan))
    try:
        plans = cursor.execute(load_sql(__package__, "plan_archive"), facts).fetchall()
        if plans:
            connection.execute(load_sql(__package__, "refuse_unlike_archive"))
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise ContractError(error.diag.message_primary) from error
    return plans


def _month_plan(
    month: date, way: str, until: date, moved_rows: int, attached_rows: int, size_bytes: int
) -> MonthPlan:
    return MonthPlan(month, Way(way), until, moved_rows, attached_rows, size_bytes)


@dataclass(frozen=True, slots=True)
class ArchiveRun:
    """The steps of one run, on the session that holds the lock of archiving."""

    connection: psycopg.Connection
    report: ArchiveReport
    pace: Pace
    retries: LockRetries
    on_step: Callable[[str], None]

    def archive(self, plan: MonthPlan) -> None:
        """Bring one month's old rows into the archive, as far as the limit allows."""
        if plan.way is Way.WHOLE:
            self._prove_bound(plan)
            self._attach(plan)
            return
        if not self.report.is_limited:
            self._extend(plan)
            self._move(plan)
        if plan.way is Way.REST and not self.report.is_limited:
            self._attach(plan)

    def _extend(self, plan: MonthPlan) -> None:
        self._prove_bound(plan)
        self.on_step(f"making room in the archive for {plan.month:%Y-%m}")
        facts = {"month": plan.month, "until": plan.until}
        self._count(self._step("make room in the archive", "extend_archive", **facts))

    def _prove_bound(self, plan: MonthPlan) -> None:
        self.on_step(f"bounding {plan.month:%Y-%m}")
        facts = {"month": plan.month, "until": plan.until}
        (is_bounded,) = self._locked("bound a partition", "add_archive_bound", **facts)
        if is_bounded:
            self.on_step(f"reading {plan.month:%Y-%m} to prove its bounds")
            self._locked("prove the bounds of a partition", "validate_archive_bound", **facts)

    def _move(self, plan: MonthPlan) -> None:
        """Batch after batch, each from where the last one ended, then those that came meanwhile.

        A batch skips what others hold; when nothing else is left, that is awaited one by one.
        """
        from_at: datetime | None = None
        is_awaiting = False
        while True:
            left = self.pace.most_rows - self.report.moved_rows
            most = min(1 if is_awaiting else self.pace.rows_per_statement, left)
            if most <= 0:
                self.report.is_limited = True
                return
            self.on_step(f"moving rows of {plan.month:%Y-%m}: {self.report.moved_rows:,} so far")
            moved, newest = self._move_batch(plan, from_at, most)
            if moved == 0 and is_awaiting:
                return
            is_awaiting = moved == 0 and from_at is None
            from_at = newest if moved == self.pace.rows_per_statement else None

    def _move_batch(
        self, plan: MonthPlan, from_at: datetime | None, most: int
    ) -> tuple[int, datetime | None]:
        moved, newest = self._locked(
            "move rows into the archive",
            "move_rows",
            month=plan.month,
            from_at=from_at or plan.month,
            until=plan.until,
            most=most,
        )
        self.report.moved_rows += moved
        return moved, newest

    def _attach(self, plan: MonthPlan) -> None:
        self.on_step(f"moving {plan.month:%Y-%m} at once")
        done = self._step("move a month into the archive", "attach_month", month=plan.month)
        if done is None:
            return
        self._count(done)
        self.report.attached_months.append(plan.month)
        self.report.attached_rows += plan.attached_rows

    def _count(self, done: Sequence[Any] | None) -> None:
        if done is not None:
            seconds, copied_rows = done
            self.report.seconds_locked += seconds
            self.report.copied_rows += copied_rows

    def _locked(self, what: str, statement: str, **facts: object) -> Sequence[Any]:
        """One row of a statement that needs locks, tried until it gets them."""
        row = self._step(what, statement, **facts)
        if row is None:
            raise AssertionError("a function call returns one row")
        return row

    def _step(self, what: str, statement: str, **facts: object) -> Sequence[Any] | None:
        """The same of one that finds nothing to do when it returns no row."""

        def attempt(patience_ms: int) -> Sequence[Any] | None:
            given = facts | {"patience_ms": patience_ms}
            return self.connection.execute(load_sql(__package__, statement), given).fetchone()

        return self.retries.run(what, attempt)
