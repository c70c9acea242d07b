"""The asset that copies archived months into the cold store."""

from pathlib import Path
from typing import Any

import dagster as dg

from assets.lifecycle.cold_store import ColdCopy, CopiedMonth
from assets.metadata import clear_failures, table_metadata, table_tags
from assets.resources.cold_manifest import month_name
from assets.resources.cold_months import ColdStore
from assets.resources.engine import DuckDBEngine
from assets.resources.postgres import Postgres
from schema.markdown import markdown_table
from schema.tables.archived_engagement import ArchivedEngagement

GROUP = "lifecycle"
OWNERS = ["team:data-platform"]
COLD_STORE = "engagement_cold_store"
COLUMNS = ("month", "rows", "bytes", "first written or changed now")


def cold_store_asset(scratch: Path) -> dg.AssetsDefinition:
    """Build the cold store's asset; it has no partitions: each run brings all months up to date.

    `scratch` takes what the comparison of a month cannot hold in memory.
    """

    @dg.asset(
        name=COLD_STORE,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        tags=table_tags(ArchivedEngagement),
        metadata=table_metadata(ArchivedEngagement),
    )
    def engagement_cold_store(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        cold: dg.ResourceParam[ColdStore],
    ) -> dg.MaterializeResult[None]:
        """Whole months of archived engagement as Parquet, proved and chained by hash.

        - Grain: one row per event; one folder per month, `month=YYYY-MM`.
        - Units: as in `user_engagement_archive`, every column, and what ingestion reads of it.
        - Source: `user_engagement_archive`, months of which `user_engagement` has no row any more.
        - Late-arriving rows: the month is written anew; what was dropped of it stays.
        - Fails when: a copy is not what PostgreSQL holds, or a value is NaN.
        - Read by: ingestion, for days whose raw rows were dropped; analysts.
        """
        months = []
        with clear_failures():
            engine = DuckDBEngine(scratch).connection
            for copied in ColdCopy(postgres, cold, engine).bring_up_to_date():
                months.append(copied)
                if copied.is_new:
                    context.log.info("copied %s", month_name(copied.manifest.month))
        return dg.MaterializeResult(metadata=copies_metadata(months))

    return engagement_cold_store


def copies_metadata(months: list[CopiedMonth]) -> dict[str, Any]:
    """What Dagster shows of a run."""
    table = markdown_table(COLUMNS, [_line(copied) for copied in months])
    return {
        "months": len(months),
        "months_written": sum(copied.is_new for copied in months),
        "rows": sum(copied.manifest.rows for copied in months),
        "size_bytes": sum(copied.manifest.size_bytes for copied in months),
        "copies": dg.MetadataValue.md(table),
    }


def _line(copied: CopiedMonth) -> tuple[str, ...]:
    manifest = copied.manifest
    return (
        month_name(manifest.month),
        f"{manifest.rows:,}",
        f"{manifest.size_bytes:,}",
        "yes" if copied.is_new else "no",
    )
