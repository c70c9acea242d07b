"""Engagement of all ages in one query for analysts: cold months, and the lake's days besides."""

from collections.abc import Sequence
from pathlib import Path

from assets.resources.cold_inspection import require_manifest, require_sound
from assets.resources.cold_manifest import TABLE
from assets.resources.cold_months import ColdStore
from assets.resources.file_lists import file_list
from assets.resources.lake import Lake

SHARED = (
    "date, id::UUID AS id, user_id::UUID AS user_id, post_id::UUID AS post_id, engagement_type, "
    "value, source"
)
# The lake keeps of metadata only the source. A row that came after its month had been copied is in
# the lake alone; one that is in both is the copy's.
STATEMENT = """
    WITH cold AS ({cold}), lake AS ({lake})
    SELECT {shared}, metadata, created_at, 'cold' AS kept_in FROM cold
    UNION ALL
    SELECT {shared}, NULL, created_at, 'lake' FROM lake
    WHERE NOT EXISTS (
        SELECT 1 FROM cold WHERE cold.id = lake.id AND cold.created_at = lake.created_at
    )
"""
# What was archived is found by its time: no row group holds rows of two days.
COLD_ROWS = """
    SELECT *, (created_at AT TIME ZONE 'UTC')::DATE AS date
    FROM read_parquet({files}, hive_partitioning = false)
"""
LAKE_ROWS = """
    SELECT * FROM read_parquet({files}, hive_partitioning = true, hive_types = {{'date': DATE}})
"""
NO_ROWS = """
    SELECT NULL::DATE AS date, NULL::BLOB AS id, NULL::BLOB AS user_id, NULL::BLOB AS post_id,
        NULL::VARCHAR AS engagement_type, NULL::DECIMAL(5, 2) AS value, NULL::VARCHAR AS source,
        NULL::VARCHAR AS metadata, NULL::TIMESTAMPTZ AS created_at
    WHERE FALSE
"""


def select_engagement_everywhere(store: ColdStore, lake: Lake, *, is_verified: bool = True) -> str:
    """A query whose result has every event once.

    A value that the platform lacks is NULL in cold rows, and 1 in those of the lake. Of days that
    the lake has not published only cold rows are known. `is_verified`: every byte of the cold store
    is compared first; otherwise its manifests are believed.

    Raises:
        CorruptPartitionError: a cold month is damaged, or a file of the lake is.
    """
    manifest_of = require_sound if is_verified else require_manifest
    months = sorted({*store.chain().newest(), *store.published_months()})
    manifests = [manifest_of(store, month) for month in months]
    cold = [path for manifest in manifests for path in store.paths(manifest)]
    published = lake.files(TABLE, lake.published_days(TABLE))
    return STATEMENT.format(
        cold=_rows_of(cold, COLD_ROWS), lake=_rows_of(published, LAKE_ROWS), shared=SHARED
    )


def _rows_of(paths: Sequence[Path], rows: str) -> str:
    return rows.format(files=file_list(paths)) if paths else NO_ROWS
