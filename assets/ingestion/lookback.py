"""Which days a run reads again: the asked ones, unseen history, and recent days that changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from assets.resources.day_changes import changed_days, compact, noted_changes
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from schema.errors import CorruptPartitionError
from schema.windows import DayRange


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

        They have changed since they were read, or were provisional, or their files were damaged.
        """
        window = self._window(asked, first_day)
        if window is None:
            return []
        with self.postgres.session(Role.WRITER) as connection:
            compact(connection)
            changed = changed_days(noted_changes(connection, window))
        return [
            day
            for day in window
            if self._is_published(day)
            and (day in changed or not all(self._is_sound(t, day) for t in self.tables))
        ]

    def _window(self, asked: DayRange, first_day: date) -> DayRange | None:
        first = max(asked.first - timedelta(days=self.days), first_day)
        return DayRange(first, asked.first - timedelta(days=1)) if first < asked.first else None

    def _is_published(self, day: date) -> bool:
        return len(self.lake.missing_days(self.tables[0], [day])) == 0

    def _is_sound(self, table: str, day: date) -> bool:
        try:
            manifest = self.lake.manifest(table, day)
        except CorruptPartitionError:
            return False
        return bool(manifest and manifest.is_final) and self.lake.is_intact(table, day)
