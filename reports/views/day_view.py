"""The view `days`: what is published of each table and day, and whether it can still change."""

from collections.abc import Sequence

from assets.resources.file_lists import file_pattern, literal
from assets.resources.lake import Lake
from assets.resources.manifest import MANIFEST
from reports.views.view import Column, View, no_rows

NAME = "days"
COLUMNS = (
    Column("table_name", "VARCHAR", "view that shows the rows"),
    Column("date", "DATE", "day that the rows are about", "UTC day"),
    Column("rows", "BIGINT", "rows that are published", "count"),
    Column("size_bytes", "BIGINT", "size of the files", "bytes"),
    Column(
        "is_final",
        "BOOLEAN",
        "true: final. False: provisional, its numbers can still change. Null: nobody noted it",
    ),
    Column("taken_at", "TIMESTAMPTZ", "when it was read from PostgreSQL; null if computed", "UTC"),
    Column("recounted_at", "TIMESTAMPTZ", "when a later recount agreed; null before", "UTC"),
)
# The shape is given: manifests of older code lack some facts, and nothing is guessed from samples.
MANIFESTS = """
SELECT {table} AS table_name, date,
    coalesce(list_sum(list_transform(files, lambda file: file.rows)), 0)::BIGINT AS rows,
    coalesce(list_sum(list_transform(files, lambda file: file.size_bytes)), 0)::BIGINT
        AS size_bytes,
    coalesce(extraction.is_final, computation.is_final) AS is_final,
    extraction.taken_at AS taken_at, extraction.recounted_at AS recounted_at
FROM read_json(
    {files}, hive_partitioning = true, hive_types = {{'date': DATE}},
    columns = {{
        files: 'STRUCT(rows BIGINT, size_bytes BIGINT)[]',
        extraction: 'STRUCT(is_final BOOLEAN, taken_at TIMESTAMPTZ, recounted_at TIMESTAMPTZ)',
        computation: 'STRUCT(is_final BOOLEAN)'
    }}
)
"""


def day_view(lake: Lake, tables: Sequence[str]) -> View:
    """The view over the manifests of these tables."""

    def query() -> str:
        parts = [_of_table(lake, table) for table in tables if _is_published(lake, table)]
        return "UNION ALL".join(parts) if parts else no_rows(COLUMNS)

    return View(
        NAME,
        "(table_name, date)",
        "One row per table and day that is published, with its finality.",
        COLUMNS,
        query,
    )


def _is_published(lake: Lake, table: str) -> bool:
    return any((lake.root / table).glob(f"date=*/{MANIFEST}"))


def _of_table(lake: Lake, table: str) -> str:
    files = file_pattern(lake.root / table, f"date=*/{MANIFEST}")
    return MANIFESTS.format(table=literal(table), files=files)
