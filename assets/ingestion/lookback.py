"""Which days a run reads again: the asked ones, unseen history, and recent days that changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import psycopg

from assets.resources.day_changes import changed_days, compact, noted_changes
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from schema.errors import CorruptPartitionError
from schema.sql import load_sql
from schema.windows import DayRange

# By table and day, the number of the writer that published it last: the newer, the higher.
Fences: TypeAlias = Mapping[tuple[str, date], int]


@dataclass(frozen=True, slots=True)
class Lookback:
    """The recount of recent days: what the lake has published against what PostgreSQL holds now.

    The database's notes about ended days add up to the difference in rows and fingerprint, so that
    nothing is scanned.
    """

    postgres: Postgres
    lake: Lake
    tables: Sequence[str]
    days: int

    def reopened(self, asked: DayRange, *, first_day: date) -> list[date]:
        """Days before the asked ones that have to be read again.

        They have changed since they were read, or were provisional, or their files were damaged or
        are an older copy than the books know, as in a lake that came out of a backup.
        """
        window = self._window(asked, first_day)
        if window is None:
            return []
        with self.postgres.session(Role.WRITER) as connection:
            compact(connection)
            changed = changed_days(noted_changes(connection, window))
            fences = self._published_fences(connection, window)
        return [
            day
            for day in window
            if self._is_published(day)
            and (day in changed or not all(self._is_sound(t, day, fences) for t in self.tables))
        ]

    def _published_fences(self, connection: psycopg.Connection, days: DayRange) -> Fences:
        facts = {"tables": list(self.tables), "first": days.first, "last": days.last}
        rows = connection.execute(load_sql(__package__, "find_published_fences"), facts)
        return {(table, day): fence for table, day, fence in rows}

    def _window(self, asked: DayRange, first_day: date) -> DayRange | None:
        first = max(asked.first - timedelta(days=self.days), first_day)
        return DayRange(first, asked.first - timedelta(days=1)) if first < asked.first else None

    def _is_published(self, day: date) -> bool:
        return len(self.lake.missing_days(self.tables[0], [day])) == 0

    def _is_sound(self, table: str, day: date, fences: Fences) -> bool:
        try:
            manifest = self.lake.manifest(table, day)
        except CorruptPartitionError:
            return False
        if not manifest or manifest.fence < fences.get((table, day), 0):
            return False
        return bool(manifest.is_final) and self.lake.is_intact(table, day)
