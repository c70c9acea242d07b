"""Ingest days: one snapshot for all source tables, staged, counted again, published together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psycopg

from assets.ingestion.cold_days import ColdDays
from assets.ingestion.extract import open_reader
from assets.ingestion.source_changes import record_source_changes
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.ingestion.staging import DayStaging
from assets.resources.cold_months import ColdStore
from assets.resources.day_changes import changed_days, noted_changes, remove_seen
from assets.resources.engine import Engine
from assets.resources.erasures import refuse_unerased
from assets.resources.lake import StagedPartition
from assets.resources.manifest import Manifest
from assets.resources.postgres import Postgres, Role
from assets.resources.publishing import Publisher
from assets.resources.snapshot import open_snapshot
from schema.errors import DatabaseUnavailableError
from schema.windows import DayRange

TABLES = tuple(SOURCE_TABLES)
# Ten tables share a snapshot and a lock each: a month keeps both short.
CHUNK_DAYS = 31


@dataclass(frozen=True, slots=True)
class Ingest:
    """Moves whole days from PostgreSQL to the lake."""

    postgres: Postgres
    publisher: Publisher
    engine: Engine
    run_id: str
    accept_loss: bool = False
    cold: ColdStore | None = None

    def publish(self, days: DayRange) -> Iterator[Manifest]:
        """Extract, check and publish the days, a month at a time.

        Raises:
            ContractError: rows break a contract; nothing of their month is published.
            CorruptPartitionError: the cold store's copy of a day is needed and damaged.
            ErasureUnfinishedError: the database holds an erased account.
            PartitionLockedError: another run ingests one of the days.
            RetiredRowsError: raw rows of a day are gone, and the lake has no copy.
            UnexplainedLossError: rows are gone, and nothing tells of their deletion.
        """
        for chunk in days.chunks(CHUNK_DAYS):
            with (
                self.publisher.ledger.write(TABLES, chunk, run_id=self.run_id) as writer,
                self.publisher.lake.staging() as staged,
            ):
                read = self._read(chunk, staged, fence=writer.fence)
                seen = read.snapshot.state
                counted = list(self._recount(chunk, staged, seen=seen))
                # Reasons first: a run that is stopped between the lake and the books leaves them to
                # the next one, which finds no difference any more.
                with refuse_vanished_accounts(chunk), writer.publication() as connection:
                    record_source_changes(connection, read.changes, run_id=self.run_id)
                with writer.publication() as connection:
                    refuse_unerased(connection, self.publisher.tombstones, seen=seen)
                    remove_seen(connection, list(chunk), seen=seen)
                    manifests = self.publisher.make_visible(counted, writer)
            yield from manifests

    def _read(self, days: DayRange, staged: list[StagedPartition], *, fence: int) -> DayStaging:
        with (
            open_snapshot(self.postgres) as snapshot,
            open_reader(self.postgres, snapshot) as reader,
        ):
            staging = DayStaging(
                self.publisher.lake,
                self.engine,
                snapshot,
                reader,
                days,
                ColdDays(self.cold, reader.rows) if self.cold else None,
                self.accept_loss,
            )
            staged.extend(
                staging.stage(table, day, fence=fence) for day in days for table in TABLES
            )
            return staging

    def _recount(
        self, days: DayRange, staged: list[StagedPartition], *, seen: str
    ) -> Iterator[StagedPartition]:
        """Ask again, in a later state, whether what was read is all there is of the days."""
        with self.postgres.session(Role.READER) as connection:
            changed = changed_days(noted_changes(connection, days, unseen_by=seen))
            row = connection.execute("SELECT transaction_timestamp()").fetchone()
        for part in staged:
            facts = part.manifest.extraction
            if facts is None or row is None:
                raise TypeError(f"{part.manifest.table} was staged without its extraction")
            is_final = facts.is_settled and part.manifest.day not in changed
            yield part.extracted(replace(facts, is_final=is_final, recounted_at=row[0]))


@contextmanager
def refuse_vanished_accounts(days: DayRange) -> Iterator[None]:
    """Say what a foreign key means here: an account went between the reading and the note of it.

    Raises:
        DatabaseUnavailableError: nothing was published; a retry succeeds.
    """
    try:
        yield
    except psycopg.errors.ForeignKeyViolation as error:
        raise DatabaseUnavailableError(
            f"an account was deleted while {days.first} to {days.last} was ingested: nothing of "
            "it was published; run again"
        ) from error
