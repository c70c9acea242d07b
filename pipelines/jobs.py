"""Jobs: what is materialized together."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAILY_JOB = "daily"
COLD_STORE_JOB = "cold_store"
LIFECYCLE = "lifecycle"


def daily_job(left_out: Sequence[dg.AssetChecksDefinition] = ()) -> UnresolvedAssetJobDefinition:
    """Everything of a day, or of a range of days, in one run and one process.

    `left_out` are checks that read more of the platform's database than a day of data is worth.
    """
    return dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(LIFECYCLE)
        - dg.AssetSelection.checks(*left_out),
        description="Ingest a day, compute its numbers, write them back, rank its posts.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )


def cold_store_job(asset: dg.AssetsDefinition) -> UnresolvedAssetJobDefinition:
    """The copies of archived months, and the check of all of them."""
    return dg.define_asset_job(
        COLD_STORE_JOB,
        selection=dg.AssetSelection.assets(asset),
        description="Copy whole archived months into the cold store, and verify the store.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )
