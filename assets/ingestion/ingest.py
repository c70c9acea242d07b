"""Ingest days: one snapshot for all source tables, staged, then published together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from assets.ingestion.extract import SnapshotReader, open_reader
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.lake import StagedPartition
from assets.resources.ledger import PartitionWriter
from assets.resources.manifest import Extraction, Manifest
from assets.resources.postgres import Postgres
from assets.resources.publishing import Publisher
from assets.resources.snapshot import Snapshot, open_snapshot
from schema.errors import CorruptPartitionError
from schema.windows import DayRange

TABLES = tuple(SOURCE_TABLES)
# Ten tables share a snapshot and a lock each: a month keeps both short.
CHUNK_DAYS = 31


@dataclass(frozen=True, slots=True)
class Ingest:
    """Moves whole days from PostgreSQL to the lake."""

    postgres: Postgres
    publisher: Publisher
    run_id: str

    def publish(self, days: DayRange) -> Iterator[Manifest]:
        """Extract, check and publish the days, a month at a time.

        Raises:
            ContractError: rows break a contract; nothing of their month is published.
            PartitionLockedError: another run ingests one of the days.
        """
        for chunk in days.chunks(CHUNK_DAYS):
            with (
                self.publisher.ledger.write(TABLES, chunk, run_id=self.run_id) as writer,
                self.publisher.lake.staging() as staged,
            ):
                staged.extend(self._stage_all(chunk, writer))
                with writer.publication():
                    manifests = self.publisher.make_visible(staged, writer)
            yield from manifests

    def _stage_all(self, days: DayRange, writer: PartitionWriter) -> Iterator[StagedPartition]:
        with (
            open_snapshot(self.postgres) as snapshot,
            open_reader(self.postgres, snapshot) as reader,
        ):
            for day in days:
                for table in TABLES:
                    yield self._stage(reader, snapshot, table, day, writer.fence)

    def _stage(
        self, reader: SnapshotReader, snapshot: Snapshot, table: str, day: date, fence: int
    ) -> StagedPartition:
        extraction = Extraction(
            taken_at=snapshot.taken_at,
            first_taken_at=self._first_taken_at(table, day, snapshot.taken_at),
            snapshot=snapshot.name,
            is_final=snapshot.is_final(DayRange(day, day)),
        )
        batches = reader.read(table, day)
        return self.publisher.lake.stage(table, day, batches, fence=fence, extraction=extraction)

    def _first_taken_at(self, table: str, day: date, now: datetime) -> datetime:
        """When the whole day was first read: a re-run is no new arrival."""
        try:
            manifest = self.publisher.lake.manifest(table, day)
        except CorruptPartitionError:
            return now
        earlier = manifest.extraction if manifest else None
        complete = earlier is not None and earlier.first_taken_at >= DayRange(day, day).end
        return earlier.first_taken_at if earlier and complete else now
