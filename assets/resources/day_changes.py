"""What the database notes about days that changed after they had ended (`pipeline.day_changes`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import psycopg

from schema.sql import load_sql
from schema.windows import DayRange


@dataclass(frozen=True, slots=True)
class DayChange:
    """The sum of the notes about one table of the platform on one day.

    `fingerprint` is the difference in the sum of row hashes; None: look at the day again.
    """

    day: date
    table: str
    rows: int
    fingerprint: int | None

    @property
    def is_net(self) -> bool:
        """Whether something is left of it: a row inserted late and deleted again leaves nothing."""
        return self.rows != 0 or self.fingerprint != 0


def noted_changes(
    connection: psycopg.Connection, days: DayRange, *, unseen_by: str | None = None
) -> list[DayChange]:
    """Sum up the notes about the days; those that a state of PostgreSQL did not see, if given."""
    facts = {"first": days.first, "last": days.last, "seen": unseen_by}
    rows = connection.execute(load_sql(__package__, "select_day_changes"), facts).fetchall()
    return [
        DayChange(day, table, count, None if fingerprint is None else int(fingerprint))
        for day, table, count, fingerprint in rows
    ]


def changed_days(changes: Iterable[DayChange]) -> set[date]:
    """Days of which a change is left."""
    return {change.day for change in changes if change.is_net}


def remove_seen(connection: psycopg.Connection, days: Sequence[date], *, seen: str) -> None:
    """Take away what the state that the days are published from has seen, in the publication."""
    facts = {"days": list(days), "seen": seen}
    connection.execute(load_sql(__package__, "delete_seen_day_changes"), facts)
    connection.execute(load_sql(__package__, "shorten_seen_day_changes"), facts)


def compact(connection: psycopg.Connection) -> None:
    """Add up the notes that wait, so that they stay few."""
    connection.execute(load_sql(__package__, "compact_day_changes"))
