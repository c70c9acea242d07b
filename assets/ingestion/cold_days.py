"""Days of engagement that PostgreSQL holds no longer: read from the cold store instead.

As before they were dropped: an event counts while its account and its post exist, and late rows
that PostgreSQL has of the day are part of it. Copies of late rows are not read until they have been
dropped, too: until then PostgreSQL says which of them there are.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from assets.ingestion.extract import ALL_IN_POSTGRES, Elsewhere, SnapshotReader
from assets.ingestion.retention import ENGAGEMENT
from assets.ingestion.source_changes import gone_accounts
from assets.resources.arrow_reader import ArrowReader
from assets.resources.cold_inspection import require_signed
from assets.resources.cold_manifest import ColdManifest, Signed, dropped_files, month_of
from assets.resources.cold_months import ColdStore
from assets.resources.manifest import Manifest
from assets.resources.parquet import read_window
from assets.resources.row_count import Count
from schema.errors import CorruptPartitionError
from schema.sql import load_sql
from schema.windows import DayRange

DEFAULT_VALUE = pl.lit("1.00").cast(pl.Decimal(5, 2))
COLUMNS = [
    *("id", "user_id", "post_id", "engagement_type", "value", "source", "created_at", "row_hash"),
]
IDENTITY = ["id", "created_at"]


@dataclass(frozen=True, slots=True)
class Living:
    """Of a day's events: posts that exist with their authors, and accounts that do not."""

    day: date
    authors: pl.DataFrame
    gone: pl.Series

    def filter(self, events: pl.DataFrame) -> pl.DataFrame:
        """Events whose account and post exist, with the post's author."""
        alive = events.filter(~pl.col("user_id").is_in(self.gone.implode()))
        return alive.join(self.authors, on="post_id")


@dataclass(slots=True)
class ColdDays:
    """Reads days of the cold store beside one snapshot; a month is verified once."""

    store: ColdStore
    rows: ArrowReader
    verified: dict[date, ColdManifest] = field(default_factory=dict)
    latest: Living | None = None

    def batches(
        self,
        reader: SnapshotReader,
        table: str,
        day: date,
        elsewhere: Elsewhere = ALL_IN_POSTGRES,
    ) -> Iterator[pl.DataFrame]:
        """Rows of a table that is read from engagement, as they would be without the drop.

        Raises:
            CorruptPartitionError: the month's copy is damaged.
        """
        if table != ENGAGEMENT:
            yield from reader.batches(table, day, self._with_active(elsewhere, day))
            return
        late = []
        for frame in reader.batches(table, day):
            late.append(frame.select(IDENTITY))
            yield frame
        yield from self._engagement(day, pl.concat(late) if late else None)

    def recount(self, reader: SnapshotReader, published: Manifest) -> Count | None:
        """Count a published day again: as it was copied or, if that differs, as it is read now.

        None: the copy is damaged, which is for the audit of the cold store to say.
        """
        day = published.day
        try:
            copied = self._dropped(day).days.get(day)
        except CorruptPartitionError:
            return None
        facts = published.extraction
        if copied and facts and Count(published.rows, facts.fingerprint or 0) == copied:
            return copied
        rows = fingerprint = 0
        for frame in self.batches(reader, ENGAGEMENT, day):
            rows += frame.height
            fingerprint += int(frame["row_hash"].cast(pl.Int128).sum())
        return Count(rows, fingerprint)

    def _engagement(self, day: date, late: pl.DataFrame | None) -> Iterator[pl.DataFrame]:
        living = self._living(day)
        for events in self._events(day, COLUMNS):
            # What somebody has brought back into PostgreSQL is in both places.
            new = events if late is None else events.join(late, on=IDENTITY, how="anti")
            yield living.filter(new).with_columns(pl.col("value").fill_null(DEFAULT_VALUE))

    def _with_active(self, elsewhere: Elsewhere, day: date) -> Elsewhere:
        """Add the posts and accounts of the day's events that count."""
        living = self._living(day)
        posts, users = _ids(), _ids()
        for events in self._events(day, ["user_id", "post_id"]):
            counted = living.filter(events)
            posts = pl.concat([posts, counted["post_id"]]).unique()
            users = pl.concat([users, counted["user_id"]]).unique()
        return replace(
            elsewhere, posts=tuple(_hexadecimal(posts)), users=tuple(_hexadecimal(users))
        )

    def _living(self, day: date) -> Living:
        """Ask PostgreSQL once per day, whichever of its tables is read."""
        if self.latest is None or self.latest.day != day:
            posts, users = _ids(), _ids()
            for events in self._events(day, ["user_id", "post_id"]):
                posts = pl.concat([posts, events["post_id"]]).unique()
                users = pl.concat([users, events["user_id"]]).unique()
            gone = pl.Series(gone_accounts(self.rows.session, users), dtype=pl.Binary)
            self.latest = Living(day, self._authors(posts), gone)
        return self.latest

    def _authors(self, posts: pl.Series) -> pl.DataFrame:
        statement = load_sql(__package__, "find_authors")
        found = self.rows.batches(statement, {"ids": _hexadecimal(posts)}, subject="posts")
        nobody = pl.DataFrame(schema={"post_id": pl.Binary, "author_id": pl.Binary})
        return pl.concat([nobody, *found])

    def _events(self, day: date, columns: list[str]) -> Iterator[pl.DataFrame]:
        paths = self.store.paths(self._dropped(day))
        names = list(dict.fromkeys([*columns, "created_at"]))
        return read_window(paths, DayRange(day, day), time="created_at", columns=names)

    def _dropped(self, day: date) -> ColdManifest:
        """The month's manifest without late rows; every byte of the month was compared with it."""
        month = month_of(day)
        if month not in self.verified:
            signed = require_signed(self.store, month)
            self.verified[month] = _without_late_rows(signed, self._dropped_as(month))
        return self.verified[month]

    def _dropped_as(self, month: date) -> str | None:
        statement = load_sql(__package__, "find_dropped_manifest")
        row = self.rows.session.execute(statement, {"month": month}).fetchone()
        return row[0] if row else None


def _without_late_rows(signed: Signed, dropped_as: str | None) -> ColdManifest:
    manifest, dropped = signed[0], dropped_files(signed, dropped_as)
    # The counts of days are those of all files.
    return manifest if dropped == manifest.files else replace(manifest, files=dropped, days={})


def _ids() -> pl.Series:
    return pl.Series(dtype=pl.Binary)


def _hexadecimal(ids: pl.Series) -> list[str]:
    return ids.bin.encode("hex").to_list()
