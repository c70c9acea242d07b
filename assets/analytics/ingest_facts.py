"""What the pipeline itself read: one row per (date, source table), from the manifests."""

from collections.abc import Iterable

import polars as pl

from assets.resources.lake import Lake
from assets.resources.manifest import Manifest
from schema.windows import DayRange

SCHEMA = {
    "date": pl.Date,
    "table": pl.String,
    "rows": pl.Int64,
    "lag_us": pl.Int64,
    "final": pl.Int64,
}


def ingest_facts(lake: Lake, tables: Iterable[str], days: DayRange) -> pl.DataFrame:
    """Read rows, lag and finality of what was ingested.

    The lag runs from the end of the day to the first snapshot that saw the whole day: a re-run is
    no new arrival. A day that was read before it ended has 0.
    """
    manifests = (lake.manifest(table, day) for day in days for table in tables)
    return pl.DataFrame(
        [_facts(manifest) for manifest in manifests if manifest], schema=SCHEMA, orient="row"
    )


def _facts(manifest: Manifest) -> tuple[object, ...]:
    extraction = manifest.extraction
    if extraction is None:
        raise TypeError(f"{manifest.table} is no source table: its manifest has no extraction")
    lag = extraction.first_taken_at - DayRange(manifest.day, manifest.day).end
    micros = lag // (lag.resolution)
    return (manifest.day, manifest.table, manifest.rows, max(0, micros), int(extraction.is_final))
