"""Copy whole archived months into the cold store, and prove each copy before it counts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

import duckdb
import polars as pl
import psycopg

from assets.resources.arrow_reader import ArrowReader, naive_window, open_arrow_reader
from assets.resources.cold_inspection import inspect_cold_month, require_signed
from assets.resources.cold_manifest import ColdManifest, Signed, dropped_files, month_name
from assets.resources.cold_months import ColdStore, StagedMonth, suppress_unreadable
from assets.resources.cold_proof import count_days, differing_columns, prove_archive, prove_files
from assets.resources.parquet import read_batches
from assets.resources.postgres import Postgres, Role
from assets.resources.row_count import Count
from assets.resources.snapshot import Snapshot, open_snapshot
from schema.errors import ContractError, UnexplainedDifferenceError
from schema.sql import load_sql
from schema.tables.archived_engagement import ArchivedEngagement
from schema.validation import validate
from schema.windows import DayRange, whole_month

IDENTITY = ["id", "created_at"]
NO_ROWS = pl.DataFrame(schema={"id": pl.Binary, "created_at": pl.Datetime("us", "UTC")})


@dataclass(frozen=True, slots=True)
class CopiedMonth:
    """A month that is in the cold store as PostgreSQL's archive holds it."""

    manifest: ColdManifest
    is_new: bool


@dataclass(frozen=True, slots=True)
class ColdCopy:
    """Brings the cold store up to what PostgreSQL's archive holds."""

    postgres: Postgres
    store: ColdStore
    engine: duckdb.DuckDBPyConnection

    def bring_up_to_date(self) -> Iterator[CopiedMonth]:
        """Copy every whole month that is not there as it is in PostgreSQL, oldest first.

        A month is whole when no row of it is left in `user_engagement`. One that was dropped before
        and has late rows keeps what was dropped; late rows that were copied before are replaced.

        Raises:
            ContractError: a value is not a number, or rows break their contract.
            CorruptPartitionError: a dropped month has late rows and is damaged.
            PartitionLockedError: another run writes the cold store.
            UnexplainedDifferenceError: the copy is not what PostgreSQL holds.
        """
        with self.store.writing(self.postgres):
            with self.postgres.session(Role.READER) as session:
                months, dropped = _months(session, self.store), dropped_months(session)
            for month in months:
                yield self._copy(month, dropped.get(month))

    def _copy(self, month: date, dropped_as: str | None) -> CopiedMonth:
        """Copy a month in one snapshot, unless the store has it."""
        signed = require_signed(self.store, month) if dropped_as else self._sound(month)
        before = signed[0] if signed else None
        with (
            open_snapshot(self.postgres) as snapshot,
            open_arrow_reader(self.postgres, snapshot) as reader,
        ):
            archived = count_archived(snapshot.session, month)
            if before and before.archived == archived:
                return CopiedMonth(before, is_new=False)
            held = dropped_files(signed, dropped_as) if signed else []
            kept = replace(before, files=held) if before and held else None
            staged = self._staged(reader, month, kept)
            return CopiedMonth(self._publish(snapshot, staged, archived), is_new=True)

    def _sound(self, month: date) -> Signed | None:
        """What is there undamaged; PostgreSQL has the rest."""
        damages = inspect_cold_month(self.store, self.store.chain(), month)
        return None if next(damages, None) else self.store.signed_manifest(month)

    def _staged(self, reader: ArrowReader, month: date, held: ColdManifest | None) -> StagedMonth:
        """Write PostgreSQL's rows as part 0 and, beside them, what only the cold store holds."""
        archived = _archived_rows(reader, month)
        if held is None:
            return self.store.stage(month, [archived])
        late = pl.concat(
            [NO_ROWS, *(frame.select(IDENTITY) for frame in _archived_rows(reader, month))]
        )
        paths = self.store.paths(held)
        if any(_apart(frame, late).height < frame.height for frame in read_batches(paths)):
            apart = (_apart(frame, late) for frame in read_batches(paths))
            return self.store.stage(month, [archived, apart])
        return self.store.keep(self.store.stage(month, [archived]), held)

    def _publish(self, snapshot: Snapshot, staged: StagedMonth, archived: Count) -> ColdManifest:
        """Read the files back, compare them with the snapshot that they come from, and publish."""
        copied = [path for path in staged.paths if path.name == staged.name_of(0)]
        here = prove_archive(snapshot.session, naive_window(whole_month(staged.month)))
        differing = differing_columns(prove_files(self.engine, copied), here)
        if differing:
            raise UnexplainedDifferenceError(
                f"the copy of {month_name(staged.month)} is not what PostgreSQL holds, by "
                f"{', '.join(differing)}: it was not published; run again, and look at the disk "
                "when it happens twice"
            )
        order = self.store.chain()
        manifest = ColdManifest(
            month=staged.month,
            sequence=order.next_sequence,
            previous=order.head,
            load_id=staged.load_id,
            files=staged.files,
            archived=archived,
            proof=prove_files(self.engine, staged.paths),
            days=count_days(self.engine, staged.paths),
            snapshot=snapshot.state,
            written_at=snapshot.taken_at,
            dropped=[file.name for file in staged.files if file.name != staged.name_of(0)],
        )
        self.store.publish(staged, manifest)
        return manifest


def whole_months(session: psycopg.Connection) -> list[date]:
    """Months of the archive that `user_engagement` has no row of, oldest first."""
    rows = session.execute(load_sql(__package__, "find_whole_months")).fetchall()
    return [month for (month,) in rows]


def months_to_copy(session: psycopg.Connection, store: ColdStore) -> list[date]:
    """Months that the store does not hold as PostgreSQL's archive does.

    Raises:
        ContractError: a value is not a number.
        CorruptPartitionError: a manifest cannot be read.
    """
    return [
        month
        for month in _months(session, store)
        if (held := store.manifest(month)) is None
        or held.archived != count_archived(session, month)
    ]


def _months(session: psycopg.Connection, store: ColdStore) -> list[date]:
    """Whole months, and dropped ones whose late rows were copied and are all gone since."""
    emptied = [
        month
        for month, dropped_as in dropped_months(session).items()
        if _has_late_rows(store, month, dropped_as) and not count_archived(session, month).rows
    ]
    return sorted({*whole_months(session), *emptied})


def _has_late_rows(store: ColdStore, month: date, dropped_as: str) -> bool:
    with suppress_unreadable():
        signed = store.signed_manifest(month)
        return signed is not None and signed[0].files != dropped_files(signed, dropped_as)
    return False


def dropped_months(session: psycopg.Connection) -> dict[date, str]:
    """Months that were dropped from PostgreSQL, and the digest of the manifest of then."""
    return dict(session.execute(load_sql(__package__, "find_cold_months")).fetchall())


def count_archived(session: psycopg.Connection, month: date) -> Count:
    """Count the archive's rows of a month, and add up the hashes of all that they say.

    Raises:
        ContractError: a value is not a number.
    """
    window = naive_window(whole_month(month))
    row = session.execute(load_sql(__package__, "count_archived_month"), window).fetchone()
    rows, fingerprint, not_numbers = row or (0, 0, 0)
    if not_numbers:
        raise ContractError(
            f"user_engagement_archive of {month_name(month)} has {not_numbers} rows whose value is "
            "NaN, which no Parquet decimal can hold: correct them in PostgreSQL and run again"
        )
    return Count(rows, int(fingerprint))


def _archived_rows(reader: ArrowReader, month: date) -> Iterator[pl.DataFrame]:
    """The archive's rows day by day: no row group of the file holds rows of two days."""
    statement = load_sql(__package__, "select_archived_engagement")
    subject = f"user_engagement_archive of {month_name(month)}"
    days = (naive_window(DayRange(day, day)) for day in whole_month(month))
    batches: Iterable[pl.DataFrame] = chain.from_iterable(
        reader.batches(statement, window, subject=subject) for window in days
    )
    return (validate(batch, ArchivedEngagement, partition=subject) for batch in batches)


def _apart(frame: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    return frame.join(others, on=IDENTITY, how="anti")
