"""Never recompute a day to less because raw rows were removed by retention."""

from collections.abc import Container, Mapping
from datetime import date

import psycopg

from assets.resources.day_changes import DayChange
from assets.resources.manifest import Manifest
from schema.errors import RetiredRowsError, UnexplainedLossError
from schema.sql import load_sql
from schema.windows import DayRange

PACKAGE = "assets.ingestion"
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
READ_WITH_ENGAGEMENT = dict.fromkeys(("post_states", "late_accounts"), "user_engagement")


def retired_before(session: psycopg.Connection) -> dict[str, date]:
    """Per lake table the day before which PostgreSQL has lost raw rows of it."""
    return dict(session.execute(load_sql(PACKAGE, "find_retired_rows")).fetchall())


def is_retired(table: str, day: date, retired: Mapping[str, date]) -> bool:
    """Whether PostgreSQL no longer holds all rows that the table's day is read from."""
    source = READ_WITH_ENGAGEMENT.get(table, table)
    return source in retired and day < retired[source]


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
    rows = session.execute(load_sql(PACKAGE, "find_published_days"), window).fetchall()
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
            f"the published files of {SESSIONS} of {day} are missing or damaged, and sessions of "
            "that day were cleaned up: restore the day's partition in the lake, or accept fewer "
            f"sessions with `sociallive run --date {day} --accept-loss`"
        )


def refuse_unexplained_loss(
    before: Manifest, now: Manifest, changes: Mapping[tuple[str, date], DayChange]
) -> None:
    """Refuse rows that are gone although nobody is known to have deleted them.

    A partition that was detached or dropped, or deletions while triggers did not fire, look like
    this; publishing would shrink numbers for no reason that anyone could give.

    Raises:
        UnexplainedLossError: says how many rows of which day.
    """
    source = NOTED_EXACTLY.get(now.table)
    if source is None or not _was_whole(before):
        return
    noted = changes.get((source, now.day))
    missing = before.rows + (noted.rows if noted else 0) - now.rows
    if missing > 0:
        raise UnexplainedLossError(
            f"{now.table} of {now.day} has lost {missing} rows and nothing tells of their deletion "
            "(was a partition detached or dropped, or were triggers disabled?): bring them back, "
            f"or accept the loss with `sociallive run --date {now.day} --accept-loss`"
        )


def _was_whole(manifest: Manifest) -> bool:
    facts = manifest.extraction
    return facts is not None and facts.is_settled
