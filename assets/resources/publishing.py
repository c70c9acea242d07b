"""Publish computed tables: stage every day, check it, then make all of them visible at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

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
from assets.resources.tombstones import Tombstones
from schema.errors import ContractError
from schema.tables.columns import Contract
from schema.validation import validate
from schema.windows import DayRange

# One lock per partition is held in PostgreSQL's shared lock table: a quarter of two tables fits.
CHUNK_DAYS = 92
NOTHING_NOTED: Mapping[date, Computation] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Output:
    """A computed table: rows of whole days, `date` included, and the versions of its metrics."""

    table: str
    contract: type[Contract]
    frame: pl.DataFrame
    metric_versions: Mapping[str, int] = field(default_factory=dict)


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

    def publish(
        self,
        outputs: Sequence[Output],
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
            _refuse_other_days(output, days)
            validate(output.frame, output.contract, partition=f"{output.table} of {_span(days)}")
        with (
            self.ledger.write([o.table for o in outputs], days, run_id=run_id) as writer,
            self.lake.staging() as staged,
        ):
            for output in outputs:
                for part in self._stage(output, days, writer):
                    staged.append(part.computed(computed_from.get(part.manifest.day)))
            with writer.publication() as connection:
                refuse_erased_accounts([output.frame for output in outputs], self.tombstones)
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

    def _stage(
        self, output: Output, days: DayRange, writer: PartitionWriter
    ) -> Iterator[StagedPartition]:
        by_day: Mapping[tuple[object, ...], pl.DataFrame] = output.frame.partition_by(
            "date", as_dict=True, include_key=False
        )
        nothing = output.frame.clear().drop("date")
        for day in days:
            rows = by_day.get((day,), nothing)
            yield self.lake.stage(output.table, day, [rows], fence=writer.fence)


def _versions(outputs: Sequence[Output]) -> VersionsOfTables:
    return {output.table: output.metric_versions for output in outputs if output.metric_versions}


def _refuse_other_days(output: Output, days: DayRange) -> None:
    strays = output.frame.filter(~pl.col("date").is_between(days.first, days.last))
    if not strays.is_empty():
        raise ContractError(
            f"{output.table} of {_span(days)} has {strays.height} rows of other days, "
            f"such as {strays['date'][0]}: nothing was published; report this as a bug"
        )


def _span(days: DayRange) -> str:
    return str(days.first) if len(days) == 1 else f"{days.first} to {days.last}"
