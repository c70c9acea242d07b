"""Who may write a partition: an advisory lock while working, a fence when publishing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TypeAlias

import psycopg
from psycopg.types.json import Jsonb

from assets.resources.manifest import Manifest
from assets.resources.postgres import Postgres, Role
from schema.errors import PartitionLockedError, SupersededWriterError
from schema.sql import load_sql
from schema.windows import DayRange

# Metrics and their versions, of each table that has metrics.
VersionsOfTables: TypeAlias = Mapping[str, Mapping[str, int]]
NO_METRICS: VersionsOfTables = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PartitionWriter:
    """The right to publish some partitions, while the lock is held and no newer fence exists."""

    connection: psycopg.Connection
    tables: tuple[str, ...]
    days: tuple[date, ...]
    fence: int

    @contextmanager
    def publication(self) -> Iterator[psycopg.Connection]:
        """One transaction in which nobody can supersede this writer.

        Raises:
            SupersededWriterError: a newer run has taken over one of the partitions.
        """
        with self.connection.transaction():
            row = self.connection.execute(
                load_sql(__package__, "lock_own_partitions"), self._facts()
            ).fetchone()
            owned = row[0] if row else 0
            if owned != len(self.tables) * len(self.days):
                raise SupersededWriterError(
                    f"a newer run took over {', '.join(self.tables)} of "
                    f"{self.days[0]} to {self.days[-1]}: this run published nothing of them"
                )
            yield self.connection

    def record(
        self, manifests: Sequence[Manifest], metric_versions: VersionsOfTables = NO_METRICS
    ) -> None:
        """Note in the open transaction what is published with it."""
        self.connection.execute(
            load_sql(__package__, "record_publication"),
            {
                "tables": [manifest.table for manifest in manifests],
                "days": [manifest.day for manifest in manifests],
                "loads": [manifest.load_id for manifest in manifests],
                "rows": [manifest.rows for manifest in manifests],
                "finals": [manifest.is_final for manifest in manifests],
                "versions": [_json(metric_versions.get(manifest.table)) for manifest in manifests],
                "fence": self.fence,
            },
        )

    def _facts(self) -> dict[str, object]:
        return {"tables": list(self.tables), "days": list(self.days), "fence": self.fence}


@dataclass(frozen=True, slots=True)
class PartitionLedger:
    """The books of all partitions, kept in PostgreSQL (`pipeline.partition_ledger`)."""

    postgres: Postgres

    @contextmanager
    def write(
        self, tables: Sequence[str], days: DayRange, *, run_id: str
    ) -> Iterator[PartitionWriter]:
        """Hold the partitions of these tables and days for one run.

        Raises:
            PartitionLockedError: another run holds one of them.
        """
        with self.postgres.session(Role.WRITER, autocommit=True) as connection:
            facts = {"tables": list(tables), "days": list(days), "run_id": run_id}
            with _locked(connection, facts):
                row = connection.execute(
                    load_sql(__package__, "begin_partitions"), facts
                ).fetchone()
                fence = row[0] if row else 0
                yield PartitionWriter(connection, tuple(tables), tuple(days), fence)

    def published(self, tables: Sequence[str], days: DayRange) -> dict[tuple[str, date], int]:
        """Partitions that were published once, by any home, with the last writer's fence."""
        facts = {"tables": list(tables), "first": days.first, "last": days.last}
        with self.postgres.session(Role.WRITER) as connection:
            rows = connection.execute(load_sql(__package__, "select_published_partitions"), facts)
            return {(table, day): fence for table, day, fence in rows.fetchall()}

    def unfinished(
        self, tables: Sequence[str], days: DayRange
    ) -> dict[tuple[str, date], str | None]:
        """Partitions whose last writer was stopped, with the load that was noted before, if any."""
        facts = {"tables": list(tables), "first": days.first, "last": days.last}
        with self.postgres.session(Role.WRITER) as connection:
            rows = connection.execute(load_sql(__package__, "select_unfinished_partitions"), facts)
            return {(table, day): load for table, day, load in rows.fetchall()}

    def unfinished_of(self, run_id: str) -> list[tuple[str, date]]:
        """Partitions that a run began and never noted: it was stopped there, or is still at it."""
        facts = {"run_id": run_id}
        with self.postgres.session(Role.WRITER) as connection:
            return connection.execute(
                load_sql(__package__, "select_unfinished_of_run"), facts
            ).fetchall()


def _json(versions: Mapping[str, int] | None) -> Jsonb | None:
    return None if versions is None else Jsonb(dict(versions))


@contextmanager
def _locked(connection: psycopg.Connection, facts: dict[str, object]) -> Iterator[None]:
    try:
        refused = connection.execute(load_sql(__package__, "try_lock_partitions"), facts).fetchall()
        if refused:
            table, day = refused[0]
            raise PartitionLockedError(
                f"another run is working on {table} of {day}"
                f"{f' and {len(refused) - 1} more' if len(refused) > 1 else ''}: "
                "wait until it has ended, then run again"
            )
        yield
    finally:
        # The session's end frees them too, but not before the next run has come to ask.
        with suppress(psycopg.OperationalError):
            connection.execute("SELECT pg_advisory_unlock_all()")
