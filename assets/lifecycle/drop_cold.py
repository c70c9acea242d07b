"""Remove archived months from PostgreSQL, oldest first, once the cold store has proved copies."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import psycopg

from assets.lifecycle.cold_store import count_archived, dropped_months, whole_months
from assets.resources.arrow_reader import naive_window
from assets.resources.cold_inspection import require_sound
from assets.resources.cold_manifest import month_name
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres, Role
from assets.resources.row_count import Count
from schema.errors import UsageError
from schema.lock_retries import PATIENT, LockRetries
from schema.sql import load_sql
from schema.windows import ONE_DAY, start_of, whole_month

MOST_MONTHS = 12
TOKEN_LENGTH = 16
# A row dated before is a wrong clock's: it gets no month, and is never archived.
FIRST_DAY = date(1970, 1, 1)
AGAIN = "Run with --drop-cold --dry-run again, and look at what it says"


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """A month that can go: its rows in PostgreSQL, and the manifest of its copy."""

    month: date
    rows: int
    fingerprint: int
    manifest_sha256: str
    size_bytes: int

    @property
    def facts(self) -> list[object]:
        """What has to be the same when it goes; the size on disk changes by itself."""
        return [month_name(self.month), self.rows, self.fingerprint, self.manifest_sha256]


@dataclass(frozen=True, slots=True)
class DropPlan:
    """What would be removed now, and why nothing more; no obstacle: nothing more is archived."""

    months: tuple[PlannedMonth, ...]
    obstacle: str | None

    @property
    def token(self) -> str:
        """Stands for exactly this plan."""
        text = json.dumps([month.facts for month in self.months])
        return hashlib.sha256(text.encode()).hexdigest()[:TOKEN_LENGTH]


@dataclass(frozen=True, slots=True)
class ColdDrop:
    """Plans and does the removal; `limit`: months that one run may remove."""

    postgres: Postgres
    store: ColdStore
    limit: int = MOST_MONTHS
    retries: LockRetries = PATIENT

    def plan(self) -> DropPlan:
        """The oldest months whose copies are sound and say what PostgreSQL holds.

        No month goes before an older one: days before the last dropped month count as retired.

        Raises:
            CorruptPartitionError: a copy is damaged.
        """
        # Without a transaction around it: reading the copies must not keep locks in PostgreSQL.
        with self.postgres.session(Role.READER, autocommit=True) as session:
            newest = max(dropped_months(session), default=date.min)
            oldest_live = _oldest_live_day(session, newest)
            planned: list[PlannedMonth] = []
            for month in whole_months(session):
                obstacle = self._obstacle(session, month, oldest_live, len(planned))
                if obstacle:
                    return DropPlan(tuple(planned), obstacle)
                planned.append(self._planned(session, month))
        return DropPlan(tuple(planned), None)

    def drop(self, token: str) -> Iterator[PlannedMonth]:
        """Remove what the token stands for; yields each month when it is gone.

        Raises:
            CorruptPartitionError: a copy is damaged; the months before it are gone.
            DatabaseUnavailableError: a lock was never free; the months before are gone.
            PartitionLockedError: another run writes the cold store.
            UsageError: the token does not stand for what would be removed now.
        """
        with self.store.writing(self.postgres):
            plan = self.plan()
            if token != plan.token:
                raise UsageError(
                    f"{token!r} does not stand for what would be removed now ({describe(plan)}). "
                    f"Nothing was removed. {AGAIN}"
                )
            for month in plan.months:
                require_sound(self.store, month.month)
                _remove(self.postgres, month, self.retries)
                yield month

    def _obstacle(
        self, session: psycopg.Connection, month: date, oldest_live: date | None, planned: int
    ) -> str | None:
        """Why a month, and with it all newer ones, has to stay."""
        name = month_name(month)
        if planned >= self.limit:
            return f"a run removes {self.limit} months at most"
        if oldest_live and oldest_live <= whole_month(month).last:
            return (
                f"{name} stays while user_engagement has rows of {oldest_live}: "
                "`sociallive archive` moves them"
            )
        manifest = self.store.manifest(month)
        if manifest is None or manifest.archived != count_archived(session, month):
            return (
                f"{name} is not in the cold store as PostgreSQL holds it: "
                "`sociallive archive` copies it"
            )
        window = naive_window(whole_month(month))
        added = session.execute(
            load_sql(__package__, "select_columns_without_copy"), window
        ).fetchall()
        if added:
            columns = ", ".join(column for (column,) in added)
            return (
                f"{name} stays while it has values in columns that its copy lacks ({columns}): "
                "take them out of user_engagement_archive if nobody needs them"
            )
        return None

    def _planned(self, session: psycopg.Connection, month: date) -> PlannedMonth:
        manifest = require_sound(self.store, month)
        digest = self.store.chain().newest()[month].sha256
        window = naive_window(whole_month(month))
        size = session.execute(load_sql(__package__, "size_archived_month"), window).fetchone()
        return PlannedMonth(
            month,
            manifest.archived.rows,
            manifest.archived.fingerprint,
            digest,
            size[0] if size else 0,
        )


def describe(plan: DropPlan) -> str:
    """What would be removed, in a few words."""
    if not plan.months:
        return f"nothing: {plan.obstacle}" if plan.obstacle else "nothing"
    rows = sum(month.rows for month in plan.months)
    first, last = plan.months[0].month, plan.months[-1].month
    return f"{len(plan.months)} months, {month_name(first)} to {month_name(last)}, {rows:,} rows"


def _oldest_live_day(session: psycopg.Connection, newest_dropped: date) -> date | None:
    """Oldest day in user_engagement that no dropped month could explain."""
    since = FIRST_DAY
    if newest_dropped > date.min:
        since = max(since, whole_month(newest_dropped).last + ONE_DAY)
    facts = {"since": start_of(since).replace(tzinfo=None)}
    row = session.execute(load_sql(__package__, "find_oldest_rows"), facts).fetchone()
    return row[0].date() if row and row[0] else None


def _remove(postgres: Postgres, month: PlannedMonth, retries: LockRetries) -> None:
    state = _counted_again(postgres, month)
    with postgres.session(Role.OPERATOR, autocommit=True) as session:

        def attempt(patience_ms: int) -> None:
            with session.transaction():
                session.execute("SELECT set_config('lock_timeout', %s, TRUE)", [str(patience_ms)])
                _drop(month, state, session)

        retries.run(f"remove {month_name(month.month)}", attempt)


def _counted_again(postgres: Postgres, month: PlannedMonth) -> dict[str, object]:
    """What the month is now, without a lock: whether it changes from here on, the drop finds out.

    Raises:
        UsageError: it is not what was planned.
    """
    window = naive_window(whole_month(month.month))
    with postgres.session(Role.READER, autocommit=True) as session:
        # In this order: a row of a transaction that was open before it was counted counts as new.
        row = session.execute(load_sql(__package__, "select_state_of_month"), window).fetchone()
        counted = count_archived(session, month.month)
    if counted != Count(month.rows, month.fingerprint):
        raise _changed(month, f"the archive holds {counted.rows} rows that were not planned")
    xmin, leaves = row or (None, None)
    return {"xmin": xmin, "leaves": leaves}


def _drop(month: PlannedMonth, state: dict[str, object], session: psycopg.Connection) -> None:
    facts = {
        "month": month.month,
        "rows": month.rows,
        "fingerprint": month.fingerprint,
        "manifest": month.manifest_sha256,
    }
    try:
        session.execute(load_sql(__package__, "drop_archived_month"), facts | state)
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise _changed(month, error.diag.message_primary) from error


def _changed(month: PlannedMonth, reason: str | None) -> UsageError:
    return UsageError(
        f"{reason}: {month_name(month.month)} changed and was not removed. "
        "Run `sociallive archive` to copy it anew, then with --drop-cold --dry-run"
    )
