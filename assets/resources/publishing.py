"""Publish computed tables: stage every day, check it, then make all of them visible at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Protocol

import polars as pl
import psycopg

from assets.resources.erasures import refuse_erased_accounts
from assets.resources.lake import Lake, StagedPartition
from assets.resources.ledger import (
    NO_METRICS,
    PartitionLedger,
    PartitionWriter,
    VersionsOfTables,
)
from assets.resources.manifest import Computation, Manifest
from assets.resources.sorted_output import refuse_other_days
from assets.resources.tombstones import Tombstones
from schema.errors import CorruptPartitionError
from schema.tables.columns import Contract
from schema.validation import validate
from schema.windows import DayRange, consecutive

# One lock per partition is held in PostgreSQL's shared lock table: a quarter of two tables fits.
CHUNK_DAYS = 92
# No run publishes days further from the asked ones, which it may have left without a note.
NEAR = timedelta(days=CHUNK_DAYS)
NOTHING_NOTED: Mapping[date, Computation] = MappingProxyType({})


class Computed(Protocol):
    """A computed table: rows of whole days, and the versions of its metrics."""

    @property
    def table(self) -> str:
        """Its name in the lake."""
        ...

    @property
    def metric_versions(self) -> Mapping[str, int]:
        """Versions of its metrics; empty where it has none."""
        ...

    def check(self, days: DayRange) -> None:
        """Refuse, before anything is written, what can be known to be wrong by then."""
        ...

    def by_day(self, days: DayRange) -> Iterator[tuple[date, Iterable[pl.DataFrame]]]:
        """Yield each day with its rows, to be taken in this order, without `date`."""
        ...


@dataclass(frozen=True, slots=True)
class Output:
    """A computed table in memory: rows of whole days, `date` included."""

    table: str
    contract: type[Contract]
    frame: pl.DataFrame
    metric_versions: Mapping[str, int] = field(default_factory=dict)

    def check(self, days: DayRange) -> None:
        """Refuse rows that break the contract or are of other days.

        Raises:
            ContractError: names what is wrong.
        """
        refuse_other_days(self.table, self.frame, days)
        validate(self.frame, self.contract, partition=f"{self.table} of {days}")

    def by_day(self, days: DayRange) -> Iterator[tuple[date, Iterable[pl.DataFrame]]]:
        """Yield each day with its rows."""
        by_day: Mapping[tuple[object, ...], pl.DataFrame] = self.frame.partition_by(
            "date", as_dict=True, include_key=False
        )
        nothing = self.frame.clear().drop("date")
        yield from ((day, [by_day.get((day,), nothing)]) for day in days)


def tell_nobody(_manifest: Manifest) -> None:
    """Publish without being watched."""


def write_nothing_else(_connection: psycopg.Connection) -> None:
    """Publish to the lake only."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes computed tables to the lake under the ledger's lock and fence."""

    lake: Lake
    ledger: PartitionLedger
    on_published: Callable[[Manifest], None] = tell_nobody
    tombstones: Tombstones | None = None

    def days_to_publish(
        self,
        tables: Sequence[str],
        asked: DayRange,
        *,
        history: Sequence[date] = (),
        again: Iterable[date] = (),
    ) -> list[DayRange]:
        """The asked days, days to do again, history never published, days that were never noted.

        Days of tables that are published together: one of the tables is enough.
        """
        unseen = {day for table in tables for day in self.lake.missing_days(table, history)}
        near = DayRange(asked.first - NEAR, asked.last + NEAR)
        return consecutive(sorted({*asked, *again, *unseen, *self.unnoted(tables, near)}))

    def lost(self, tables: Sequence[str], days: DayRange) -> list[date]:
        """Days that the lake has no more, or only as they were before the books' last writer.

        It is out of a backup, or another home has published them since.

        Days of tables that are published together: one of the tables is enough.
        """
        known = self.ledger.published(tables, days)
        return sorted({key[1] for key, fence in known.items() if self._is_lost(*key, fence)})

    def _is_lost(self, table: str, day: date, fence: int) -> bool:
        with suppress(CorruptPartitionError):
            manifest = self.lake.manifest(table, day)
            return manifest is None or manifest.fence < fence
        return False

    def unnoted(self, tables: Sequence[str], days: DayRange) -> list[date]:
        """Days that are in the lake, but neither in the books nor in PostgreSQL.

        A run that dies between its renames and its commit leaves them so. Their inputs have not
        changed since, so nothing else tells of them.
        """
        noted = self.ledger.unfinished(tables, days)
        published = {key: self._load(*key) for key in noted}
        return sorted({key[1] for key, load in published.items() if load not in (None, noted[key])})

    def _load(self, table: str, day: date) -> str | None:
        with suppress(CorruptPartitionError):
            if manifest := self.lake.manifest(table, day):
                return manifest.load_id
        return None

    def publish(
        self,
        outputs: Sequence[Computed],
        days: DayRange,
        *,
        run_id: str,
        computed_from: Mapping[date, Computation] = NOTHING_NOTED,
        write_back: Callable[[psycopg.Connection], None] = write_nothing_else,
    ) -> list[Manifest]:
        """Replace the days of the tables, and what is written back, in one publication.

        Raises:
            ContractError: a table breaks its contract; nothing is published.
            PartitionLockedError: another run works on one of the partitions.
            SupersededWriterError: a newer run has taken over, or an account was erased meanwhile.
        """
        for output in outputs:
            output.check(days)
        with (
            self.ledger.write([o.table for o in outputs], days, run_id=run_id) as writer,
            self.lake.staging() as staged,
        ):
            for output in outputs:
                for day, rows in output.by_day(days):
                    part = self.lake.stage(output.table, day, rows, fence=writer.fence)
                    staged.append(part.computed(computed_from.get(day)))
            with writer.publication() as connection:
                self._refuse_erased_accounts(staged)
                write_back(connection)
                return self.make_visible(staged, writer, _versions(outputs))

    def make_visible(
        self,
        staged: Sequence[StagedPartition],
        writer: PartitionWriter,
        metric_versions: VersionsOfTables = NO_METRICS,
    ) -> list[Manifest]:
        """Note staged partitions and rename them into place, inside the writer's publication.

        The note comes first: a connection that was lost meanwhile is noticed before any rename.
        """
        manifests = [part.manifest for part in staged]
        writer.record(manifests, metric_versions)
        for part in staged:
            self.lake.publish(part)
            self.on_published(part.manifest)
        return manifests

    def _refuse_erased_accounts(self, staged: Sequence[StagedPartition]) -> None:
        files = (path for part in staged for path in self.lake.staged_files(part))
        refuse_erased_accounts(files, self.tombstones)


def _versions(outputs: Sequence[Computed]) -> VersionsOfTables:
    return {output.table: output.metric_versions for output in outputs if output.metric_versions}
