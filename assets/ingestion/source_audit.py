"""The full recount: every published day of the source tables against what PostgreSQL holds now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from assets.ingestion.cold_days import ColdDays
from assets.ingestion.extract import open_reader
from assets.ingestion.recount import recount
from assets.ingestion.retention import ENGAGEMENT, NOTED_EXACTLY, Retired, retired_rows
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.resources.cold_months import ColdStore
from assets.resources.day_changes import DayChange, noted_changes
from assets.resources.lake import Lake
from assets.resources.manifest import Manifest
from assets.resources.postgres import Postgres
from assets.resources.row_count import Count
from assets.resources.snapshot import open_snapshot
from schema.errors import CorruptPartitionError
from schema.windows import DayRange

# States of mutable rows, as they stood when their day was read: they differ later, rightly.
AS_OF_READING = {"post_states", "session_states"}
AUDITED = tuple(table for table in SOURCE_TABLES if table not in AS_OF_READING)
# A snapshot is held for a month of days at most: it keeps the platform from vacuuming.
CHUNK_DAYS = 31


@dataclass(frozen=True, slots=True)
class Comparison:
    """A published table and day beside what PostgreSQL holds of it now.

    `noted` is what the database has noted about the table's day since it was read; `is_noted`
    whether it has noted anything about the day that could explain a difference.
    """

    table: str
    day: date
    published: Count
    found: Count
    noted: DayChange | None
    is_noted: bool

    @property
    def is_equal(self) -> bool:
        """Whether nothing has changed."""
        return self.published == self.found

    @property
    def is_explained(self) -> bool:
        """Whether the changes that were noted account for the whole difference."""
        if self.noted is None or self.noted.fingerprint is None:
            return self.is_equal or self.is_noted
        rows = self.published.rows + self.noted.rows
        return Count(rows, self.published.fingerprint + self.noted.fingerprint) == self.found


def compare_with_source(
    postgres: Postgres, lake: Lake, days: DayRange, cold: ColdStore | None = None
) -> Iterator[Comparison]:
    """Recount the published days, pruned to their partitions.

    Days whose raw rows were dropped are compared with the cold store; retired days without a copy
    there cannot be recounted.
    """
    for chunk in days.chunks(CHUNK_DAYS):
        with open_snapshot(postgres) as snapshot, open_reader(postgres, snapshot) as reader:
            retired = retired_rows(snapshot.session)
            noted = {
                (c.day, c.table): c for c in noted_changes(snapshot.session, chunk) if c.is_net
            }
            cold_days = ColdDays(cold, reader.rows) if cold else None
            for manifest in _published(lake, chunk, retired):
                found = recount(snapshot.session, manifest.table, manifest.day)
                yield _compare(manifest, found, noted)
            for manifest in _cold(lake, chunk, retired):
                copied = cold_days.recount(reader, manifest) if cold_days else None
                if copied is not None:
                    yield _compare(manifest, copied, noted)


def _published(lake: Lake, days: DayRange, retired: Retired) -> Iterator[Manifest]:
    for day in days:
        for table in AUDITED:
            manifest = _manifest(lake, table, day)
            if manifest and not retired.is_retired(table, day):
                yield manifest


def _cold(lake: Lake, days: DayRange, retired: Retired) -> Iterator[Manifest]:
    for day in days:
        if retired.is_cold(ENGAGEMENT, day) and (manifest := _manifest(lake, ENGAGEMENT, day)):
            yield manifest


def _manifest(lake: Lake, table: str, day: date) -> Manifest | None:
    """A readable manifest; a damaged one is the lake's own audit's to name."""
    try:
        return lake.manifest(table, day)
    except CorruptPartitionError:
        return None


def _compare(
    manifest: Manifest, found: Count, noted: Mapping[tuple[date, str], DayChange]
) -> Comparison:
    facts = manifest.extraction
    fingerprint = facts.fingerprint if facts and facts.fingerprint is not None else None
    return Comparison(
        table=manifest.table,
        day=manifest.day,
        # A partition of an older version has no fingerprint: its rows are compared.
        published=Count(manifest.rows, found.fingerprint if fingerprint is None else fingerprint),
        found=found,
        noted=noted.get((manifest.day, NOTED_EXACTLY.get(manifest.table, ""))),
        is_noted=any(day == manifest.day for day, _ in noted),
    )
