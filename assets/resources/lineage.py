"""From which inputs a partition was computed, and whether they have changed since."""

import hashlib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from assets.resources.lake import Lake
from assets.resources.manifest import Computation, Manifest
from schema.errors import CorruptPartitionError
from schema.windows import DayRange

# Key under which a computation notes what the ingestion says of itself: finality, lag.
INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Lineage:
    """What the tables of one step are computed from.

    `inputs` says per input table how many days before D are read besides D itself; of those in
    `where_published`, only days that are published: D can be computed without them. `ingest_facts`
    are source tables of which the extraction's own facts are read, too.
    """

    lake: Lake
    inputs: Mapping[str, int]
    first_day: date
    ingest_facts: Sequence[str] = ()
    where_published: Mapping[str, int] = field(default_factory=dict)
    known: dict[tuple[str, date], Manifest | None] = field(default_factory=dict)

    def computations(self, days: Iterable[date]) -> dict[date, Computation]:
        """What partitions of these days are computed from now."""
        return {day: self._computation(day) for day in days}

    def stale(
        self, tables: Sequence[str], days: DayRange, *, lost: Container[date] = ()
    ) -> list[date]:
        """Published days whose inputs have changed since, or that are lost, and can be read.

        Of several tables that are published together, one that a day lacks is new since then.
        """
        return [day for day in days if self._is_stale(tables, day, is_lost=day in lost)]

    def readable(self, days: Iterable[date]) -> list[date]:
        """Those of the days whose inputs are all there."""
        return [day for day in days if self._is_readable(day)]

    def days_read(self, table: str, days: DayRange) -> DayRange:
        """Days of an input that these days are computed from."""
        first = self._window(days.first, self.inputs[table]).first
        return DayRange(first, days.last)

    def _is_stale(self, tables: Sequence[str], day: date, *, is_lost: bool) -> bool:
        published = [self._manifest(table, day) for table in tables]
        if not (is_lost or any(published)) or not self._is_readable(day):
            return False
        now = self._computation(day)
        return is_lost or any(
            manifest is None or manifest.computation != now for manifest in published
        )

    def _is_readable(self, day: date) -> bool:
        return all(
            self._manifest(table, read_day) is not None
            for table, before in self.inputs.items()
            for read_day in self._window(day, before)
        )

    def _computation(self, day: date) -> Computation:
        read = {
            table: [self._manifest(table, d) for d in self._window(day, before)]
            for table, before in {**self.inputs, **self.where_published}.items()
        }
        digests = {
            table: _digest(manifest.content if manifest else "" for manifest in manifests)
            for table, manifests in read.items()
        }
        if self.ingest_facts:
            facts = (self._manifest(table, day) for table in self.ingest_facts)
            digests[INGEST] = _digest(_extraction_facts(manifest) for manifest in facts)
        finality = (m.is_final for manifests in read.values() for m in manifests if m)
        return Computation(digests, is_final=all(finality))

    def _window(self, day: date, before: int) -> DayRange:
        return DayRange(max(day - timedelta(days=before), min(self.first_day, day)), day)

    def _manifest(self, table: str, day: date) -> Manifest | None:
        """A day's manifest, read once: the days of a range look back on the same ones."""
        if (table, day) not in self.known:
            try:
                self.known[table, day] = self.lake.manifest(table, day)
            except CorruptPartitionError:
                self.known[table, day] = None
        return self.known[table, day]


def _digest(contents: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(contents).encode()).hexdigest()


def _extraction_facts(manifest: Manifest | None) -> str:
    facts = manifest.extraction if manifest else None
    if manifest is None or facts is None:
        return ""
    return f"{manifest.table} {manifest.rows} {facts.is_final} {facts.first_taken_at.isoformat()}"
