"""Stage source tables out of one snapshot, and say what differs from what was published before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter

import polars as pl

from assets.ingestion.cold_days import ColdDays
from assets.ingestion.extract import ALL_IN_POSTGRES, Elsewhere, Reading, SnapshotReader
from assets.ingestion.retention import (
    ENGAGEMENT,
    READ_WITH_ENGAGEMENT,
    SESSIONS,
    Notes,
    Retired,
    published_days,
    refuse_fewer_sessions,
    refuse_unexplained_loss,
    require_copy,
    retired_rows,
)
from assets.ingestion.source_changes import (
    IDENTITIES,
    Changes,
    classify,
    count_differences,
    erased_days,
    gone_accounts,
    rejected_posts,
)
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.day_changes import DayChange, noted_changes
from assets.resources.engine import Engine, run
from assets.resources.lake import Lake, StagedPartition, discarded_on_failure
from assets.resources.lazy_frames import LazyFrame
from assets.resources.manifest import Extraction, Manifest
from assets.resources.parquet import count_lacking
from assets.resources.snapshot import Snapshot
from schema.errors import CorruptPartitionError, MissingPartitionError
from schema.tables.post_states import PostStates
from schema.vocabulary import Reason
from schema.windows import DayRange

POST_STATES = "post_states"


@dataclass(slots=True)
class DayStaging:
    """Stages the days of one snapshot; `changes` collects what was compared, and the reasons."""

    lake: Lake
    engine: Engine
    snapshot: Snapshot
    reader: SnapshotReader
    days: DayRange
    cold: ColdDays | None = None
    accept_loss: bool = False
    changes: Changes = field(default_factory=dict)
    noted: dict[tuple[str, date], DayChange] = field(default_factory=dict)
    retired: Retired = field(init=False)
    erased: set[date] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Read, in the same state, what is known about the days."""
        noted = noted_changes(self.snapshot.session, self.days)
        self.noted.update({(change.table, change.day): change for change in noted})
        self.retired = retired_rows(self.snapshot.session)
        self.erased.update(erased_days(self.snapshot.session, self.days))

    def stage(self, table: str, day: date, *, fence: int) -> StagedPartition:
        """Stage a table's day from PostgreSQL or, where retention took its rows, from elsewhere.

        The lake's own copy is as good as the cold store's unless something came since.

        Raises:
            ContractError: rows break their contract.
            CorruptPartitionError: the cold store's copy is needed and damaged.
            RetiredRowsError: raw rows are gone, and there is no copy.
            UnexplainedLossError: rows are gone, and nothing tells of their deletion.
        """
        before = self._published(table, day)
        is_changed = before is None or (ENGAGEMENT, day) in self.noted
        elsewhere = self._as_seen(before) if before else ALL_IN_POSTGRES
        if self.cold and is_changed and self.retired.is_cold(table, day):
            batches = self.cold.batches(self.reader, table, day, elsewhere)
            return self._staged(Reading(batches, table, day), before, fence=fence, is_cold=True)
        if self.retired.is_retired(table, day):
            return self.lake.stage_copy(require_copy(table, day, before), fence=fence)
        if table == SESSIONS and before is None and not self.accept_loss:
            published = published_days(self.snapshot.session, SESSIONS, DayRange(day, day))
            refuse_fewer_sessions(day, self.retired.before, published)
        return self._staged(self.reader.read(table, day, elsewhere), before, fence=fence)

    def _as_seen(self, before: Manifest) -> Elsewhere:
        """The day's posts as they stood when it was over: a state of today is none of the day."""
        if before.table != POST_STATES or not before.was_over:
            return ALL_IN_POSTGRES
        published = self.engine.scan(self.lake.files(POST_STATES, [before.day]), PostStates)
        seen = run(published.select("id", "visibility"))
        return Elsewhere(
            seen_posts=seen["id"].bin.encode("hex").str.join(",").item(),
            seen_visibilities=seen["visibility"].fill_null("").str.join(",").item(),
            # What touched a post may have been an account that nothing may tell of any more.
            stay_touched=before.day not in self.erased,
        )

    def _staged(
        self, reading: Reading, before: Manifest | None, *, fence: int, is_cold: bool = False
    ) -> StagedPartition:
        staged = self._read(reading, before, fence=fence)
        with discarded_on_failure(staged.folder):
            if before is None:
                return staged
            # Of a proved copy only rows whose account or post is gone are left out.
            if not (self.accept_loss or is_cold):
                refuse_unexplained_loss(before, staged.manifest, self._readings(before))
            return self._compared(staged, before)

    def _readings(self, before: Manifest) -> Iterator[Notes]:
        """Notes of what changed: all, then those that the published rows do not tell of yet.

        Those they do tell of went with their publication; unless it was stopped between the lake
        and the books, which then know nothing of it.
        """
        yield self.noted
        seen = before.extraction.snapshot if before.extraction else None
        noted = noted_changes(
            self.snapshot.session, DayRange(before.day, before.day), unseen_by=seen
        )
        yield {(change.table, change.day): change for change in noted}

    def _published(self, table: str, day: date) -> Manifest | None:
        """What is published and whole; with damage, or a column less, it is nothing to compare."""
        try:
            manifest = self.lake.manifest(table, day)
            files = self.lake.files(table, [day])
            if not self._is_last_copy(table, day):
                count_lacking(files, SOURCE_TABLES[table])
        except (CorruptPartitionError, MissingPartitionError):
            return None
        else:
            return manifest

    def _is_last_copy(self, table: str, day: date) -> bool:
        """Whether neither PostgreSQL nor the cold store has the day's rows."""
        is_cold = self.cold is not None and self.retired.is_cold(table, day)
        return self.retired.is_retired(table, day) and not is_cold

    def _read(self, reading: Reading, before: Manifest | None, *, fence: int) -> StagedPartition:
        day, began = reading.day, perf_counter()
        staged = self.lake.stage(reading.table, day, reading, fence=fence)
        extraction = Extraction(
            taken_at=self.snapshot.taken_at,
            first_taken_at=first_taken_at(before, self.snapshot.taken_at),
            snapshot=self.snapshot.state,
            is_final=False,
            is_settled=self.snapshot.is_settled(DayRange(day, day)),
            fingerprint=reading.fingerprint,
            seconds=round(perf_counter() - began, 3),
        )
        return staged.extracted(extraction)

    def _compared(self, staged: StagedPartition, before: Manifest) -> StagedPartition:
        if before.table == SESSIONS:
            staged = self._with_ended_sessions(staged, before)
        differs = before.content != staged.manifest.content
        rows = self._differences(before, staged) if differs else pl.DataFrame()
        self.changes[before.table, before.day, before.load_id] = rows
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
