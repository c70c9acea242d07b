"""Stage source tables out of one snapshot, and say what differs from what was published before."""

from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl

from assets.ingestion.extract import SnapshotReader
from assets.ingestion.retention import (
    READ_WITH_ENGAGEMENT,
    is_retired,
    refuse_unexplained_loss,
    require_copy,
    retired_before,
)
from assets.ingestion.source_changes import (
    IDENTITIES,
    classify,
    count_differences,
    erased_days,
    gone_accounts,
    rejected_posts,
)
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.day_changes import DayChange, noted_changes
from assets.resources.engine import Engine, LazyFrame, run
from assets.resources.lake import Lake, StagedPartition, discarded_on_failure
from assets.resources.manifest import Extraction, Manifest
from assets.resources.snapshot import Snapshot
from schema.errors import CorruptPartitionError
from schema.vocabulary import Reason
from schema.windows import DayRange

SESSIONS = "session_states"


@dataclass(frozen=True, slots=True)
class DayStaging:
    """Stages the days of one snapshot; `changes` collects the reasons of what differs."""

    lake: Lake
    engine: Engine
    snapshot: Snapshot
    reader: SnapshotReader
    days: DayRange
    accept_loss: bool = False
    changes: dict[tuple[str, date], pl.DataFrame] = field(default_factory=dict)
    noted: dict[tuple[str, date], DayChange] = field(default_factory=dict)
    retired: dict[str, date] = field(default_factory=dict)
    erased: set[date] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read, in the same state, what is known about the days."""
        noted = noted_changes(self.snapshot.session, self.days)
        self.noted.update({(change.table, change.day): change for change in noted})
        self.retired.update(retired_before(self.snapshot.session))
        self.erased.update(erased_days(self.snapshot.session, self.days))

    def stage(self, table: str, day: date, *, fence: int) -> StagedPartition:
        """Stage a table's day, from PostgreSQL or, where retention took its rows, from the lake.

        Raises:
            ContractError: rows break their contract.
            RetiredRowsError: raw rows are gone, and the lake has no copy.
            UnexplainedLossError: rows are gone, and nothing tells of their deletion.
        """
        before = self._published(table, day)
        if is_retired(table, day, self.retired):
            return self.lake.stage_copy(require_copy(table, day, before), fence=fence)
        staged = self._read(table, day, before, fence=fence)
        with discarded_on_failure(staged.folder):
            return staged if before is None else self._compared(staged, before)

    def _published(self, table: str, day: date) -> Manifest | None:
        """What is published and whole: a damaged partition is nothing to compare with."""
        try:
            manifest = self.lake.manifest(table, day)
        except CorruptPartitionError:
            return None
        return manifest if manifest and self.lake.is_intact(table, day) else None

    def _read(
        self, table: str, day: date, before: Manifest | None, *, fence: int
    ) -> StagedPartition:
        reading = self.reader.read(table, day)
        staged = self.lake.stage(table, day, reading, fence=fence)
        extraction = Extraction(
            taken_at=self.snapshot.taken_at,
            first_taken_at=first_taken_at(before, self.snapshot.taken_at),
            snapshot=self.snapshot.state,
            is_final=False,
            is_settled=self.snapshot.is_settled(DayRange(day, day)),
            fingerprint=reading.fingerprint,
        )
        return staged.extracted(extraction)

    def _compared(self, staged: StagedPartition, before: Manifest) -> StagedPartition:
        if not self.accept_loss:
            refuse_unexplained_loss(before, staged.manifest, self.noted)
        if before.table == SESSIONS:
            staged = self._with_ended_sessions(staged, before)
        if before.content != staged.manifest.content:
            self.changes[before.table, before.day] = self._differences(before, staged)
        return staged

    def _with_ended_sessions(self, staged: StagedPartition, before: Manifest) -> StagedPartition:
        """Keep sessions that have ended since, of accounts that still exist.

        A session that is logged out or cleaned up was alive on the day all the same.
        """
        was, now = self._both(staged, before)
        ended = run(was.join(now.select("id"), on="id", how="anti").drop("date"))
        gone = gone_accounts(self.snapshot.session, ended["user_id"])
        kept = ended.filter(~pl.col("user_id").is_in(pl.Series(gone, dtype=pl.Binary).implode()))
        return staged if kept.is_empty() else self.lake.add(staged, kept.sort("id"))

    def _differences(self, before: Manifest, staged: StagedPartition) -> pl.DataFrame:
        """Compare the published rows with the staged ones."""
        was, now = self._both(staged, before)
        session = self.snapshot.session
        arrived, departed = count_differences(was, now, IDENTITIES[before.table])
        # The audit trail keeps follows of accounts that are gone: they can arrive, too.
        owners = pl.concat([arrived["affected"], departed["affected"], departed["actor"]])
        # A post or an account may have been there only for what an erased account did.
        is_erased = before.day in self.erased and before.table in READ_WITH_ENGAGEMENT
        return classify(
            arrived,
            departed,
            gone_accounts=gone_accounts(session, owners),
            rejected_posts=rejected_posts(session, departed["post"]),
            otherwise=Reason.ERASED if is_erased else Reason.REMOVED,
        )

    def _both(self, staged: StagedPartition, before: Manifest) -> tuple[LazyFrame, LazyFrame]:
        contract = SOURCE_TABLES[before.table]
        was = self.lake.files(before.table, [before.day])
        return (
            self.engine.scan(was, contract),
            self.engine.scan(self.lake.staged_files(staged), contract),
        )


def first_taken_at(before: Manifest | None, now: datetime) -> datetime:
    """When the whole day was first read: a re-run is no new arrival."""
    earlier = before.extraction if before else None
    if before is None or earlier is None:
        return now
    is_whole = earlier.first_taken_at >= DayRange(before.day, before.day).end
    return earlier.first_taken_at if is_whole else now
