"""One view for analysts over engagement of all ages: cold months, and the lake's days besides."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from assets.resources.cold_inspection import require_sound
from assets.resources.cold_manifest import TABLE
from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake

VIEW = "engagement_everywhere"
SHARED = "id, user_id, post_id, engagement_type, value, source"
# The lake keeps of metadata only the source. A row that came after its month had been copied is in
# the lake alone; one that is in both is the copy's.
STATEMENT = """
    CREATE OR REPLACE TEMP VIEW engagement_everywhere AS
    WITH cold AS ({cold}), lake AS ({lake})
    SELECT {shared}, metadata, created_at, 'cold' AS kept_in FROM cold
    UNION ALL
    SELECT {shared}, NULL, created_at, 'lake' FROM lake
    WHERE NOT EXISTS (
        SELECT 1 FROM cold WHERE cold.id = lake.id AND cold.created_at = lake.created_at
    )
"""
ROWS_OF_FILES = "SELECT * FROM read_parquet([{names}], hive_partitioning = false)"
NO_ROWS = """
    SELECT NULL::BLOB AS id, NULL::BLOB AS user_id, NULL::BLOB AS post_id,
        NULL::VARCHAR AS engagement_type, NULL::DECIMAL(5, 2) AS value, NULL::VARCHAR AS source,
        NULL::VARCHAR AS metadata, NULL::TIMESTAMPTZ AS created_at
    WHERE FALSE
"""


def view_engagement_everywhere(
    connection: duckdb.DuckDBPyConnection, store: ColdStore, lake: Lake
) -> str:
    """Make the view on the connection, every event in it once, and return its name.

    A value that the platform lacks is NULL in cold rows, and 1 in those of the lake. Of days that
    the lake has not published only cold rows are known.

    Raises:
        CorruptPartitionError: a cold month is damaged, or a file of the lake is.
    """
    manifests = [require_sound(store, month) for month in store.months()]
    cold = [path for manifest in manifests for path in store.paths(manifest)]
    published = lake.files(TABLE, lake.published_days(TABLE))
    connection.execute(
        STATEMENT.format(cold=_rows_of(cold), lake=_rows_of(published), shared=SHARED)
    )
    return VIEW


def _rows_of(paths: Sequence[Path]) -> str:
    """A view takes no parameters: the names are written into it as literals."""
    names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return ROWS_OF_FILES.format(names=names) if paths else NO_ROWS
