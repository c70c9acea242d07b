"""Published tables, read lazily by the engine of this run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from assets.resources.engine import Engine, run
from assets.resources.lake import Lake
from assets.resources.lazy_frames import LazyFrame
from schema.tables.columns import Contract


@dataclass(frozen=True, slots=True)
class Published:
    """Days of tables as lazy frames with their `date`."""

    lake: Lake
    engine: Engine

    def scan(self, table: str, contract: type[Contract], days: Iterable[date]) -> LazyFrame:
        """Rows of the days.

        Raises:
            MissingPartitionError: a day has not been published.
            CorruptPartitionError: a file is missing or changed.
        """
        return self.engine.scan(self.lake.files(table, days), contract)

    def keep(self, rows: LazyFrame) -> LazyFrame:
        """Compute a small table that is read several times once: engines do not share plans."""
        return self.engine.lazy(run(rows))
