"""Never recompute a day to less because raw rows were removed by retention."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import psycopg

from assets.resources.day_changes import DayChange
from assets.resources.manifest import Manifest
from schema.errors import RetiredRowsError, UnexplainedLossError
from schema.sql import load_sql
from schema.windows import ONE_DAY, DayRange, start_of

# Lake tables whose rows each stand for one row of a platform table, created on the partition's day.
NOTED_EXACTLY = {
    "users": "users",
    "posts": "posts",
    "comments": "comments",
    "media_files": "media_files",
    "user_engagement": "user_engagement",
}
SESSIONS = "session_states"
SOURCE_OF_SESSIONS = "user_sessions"
# Lake tables that are read from engagement, too.
ENGAGEMENT = "user_engagement"
Notes = Mapping[tuple[str, date], DayChange]
READ_WITH_ENGAGEMENT = dict.fromkeys(("post_states", "late_accounts"), ENGAGEMENT)


@dataclass(frozen=True, slots=True)
class Retired:
    """What PostgreSQL has lost by retention.

    `before`: per lake table the day before which raw rows are gone. `cold`: months of engagement
    that the cold store holds instead; days before `lost_before` were lost before the first of them.
    """

    before: Mapping[str, date]
    cold: frozenset[date] = frozenset()
    lost_before: date | None = None

    def is_cold(self, table: str, day: date) -> bool:
        """Whether the cold store holds rows that the table's day is read from."""
        return source_of(table) == ENGAGEMENT and day.replace(day=1) in self.cold

    def is_retired(self, table: str, day: date) -> bool:
        """Whether PostgreSQL no longer holds all rows that the table's day is read from."""
        source = source_of(table)
        if source not in self.before or day >= self.before[source]:
            return False
        return source != ENGAGEMENT or not self._was_never_archived(day)

    def _was_never_archived(self, day: date) -> bool:
        """Months go oldest first, so one that was passed over had nothing to lose."""
        if day.replace(day=1) in self.cold or day > max(self.cold, default=date.min):
            return False
        return self.lost_before is None or day >= self.lost_before


def source_of(table: str) -> str:
    """The table whose retention takes rows from this one."""
    return READ_WITH_ENGAGEMENT.get(table, table)


def retired_rows(session: psycopg.Connection) -> Retired:
    """What PostgreSQL has lost by retention, as it says itself."""
    retired = session.execute(load_sql(__package__, "find_retired_rows")).fetchall()
    cold = session.execute(load_sql(__package__, "find_cold_months")).fetchall()
    lost = [lost_before for _, lost_before in cold if lost_before]
    return Retired(dict(retired), frozenset(month for month, _ in cold), max(lost, default=None))


def require_copy(table: str, day: date, manifest: Manifest | None) -> Manifest:
    """The published partition of a day whose raw rows are gone.

    Raises:
        RetiredRowsError: the lake has no copy either.
    """
    if manifest is None:
        raise RetiredRowsError(
            f"raw rows of {table} of {day} were removed from PostgreSQL by retention, and the lake "
            "has no copy: restore the day's partition in the lake, then run the day again"
        )
    return manifest


def published_days(session: psycopg.Connection, table: str, days: DayRange) -> set[date]:
    """Days of a lake table that were published once, whatever has become of their files."""
    window = {"table": table, "first": days.first, "last": days.last}
    rows = session.execute(load_sql(__package__, "find_published_days"), window).fetchall()
    return {day for (day,) in rows}


def refuse_fewer_sessions(
    day: date, retired: Mapping[str, date], published: Container[date]
) -> None:
    """Refuse to read a published day again whose lake copy is gone, as are sessions of it.

    A day that was never read counts the sessions that are left of it.

    Raises:
        RetiredRowsError: the day would be published with fewer sessions than before.
    """
    removed_before = retired.get(SOURCE_OF_SESSIONS)
    if removed_before is not None and day < removed_before and day in published:
        raise RetiredRowsError(
            f"the published files of {SESSIONS} of {day} are missing, damaged or lack a column, "
            "and sessions of that day were cleaned up: restore the day's partition in the lake, or "
            f"accept fewer sessions with `sociallive run --date {day} --accept-loss`"
        )


def refuse_unexplained_loss(before: Manifest, now: Manifest, readings: Iterable[Notes]) -> None:
    """Refuse rows that are gone although nobody is known to have deleted them.

    A partition that was detached or dropped, or deletions while triggers did not fire, look like
    this; publishing would shrink numbers for no reason that anyone could give. `readings` of the
    notes: any of them may explain it, and a later one is asked for only when none before did.

    Raises:
        UnexplainedLossError: says how many rows of which day.
    """
    source = NOTED_EXACTLY.get(now.table)
    if source is None or not _was_whole(before):
        return
    losses = []
    for notes in readings:
        change = notes.get((source, now.day))
        losses.append(before.rows + (change.rows if change else 0) - now.rows)
        if losses[-1] <= 0:
            return
    raise UnexplainedLossError(
        f"{now.table} of {now.day} has lost {min(losses)} rows and nothing tells of their deletion "
        "(was a partition detached or dropped, or were triggers disabled?): bring them back, "
        f"or accept the loss with `sociallive run --date {now.day} --accept-loss`"
    )


def _was_whole(manifest: Manifest) -> bool:
    """Whether all that went since must be noted; while a day lasts, deletions are not.

    Where nothing ever counts as settled, no transaction is taken to outlast the day after.
    """
    facts = manifest.extraction
    if facts is None:
        return False
    return facts.is_settled or facts.taken_at >= start_of(manifest.day + 2 * ONE_DAY)
