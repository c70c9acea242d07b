"""Jobs: what is materialized together."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAILY_JOB = "daily"


def daily_job() -> UnresolvedAssetJobDefinition:
    """Everything of a day, or of a range of days, in one run and one process."""
    return dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all(),
        description="Ingest a day, compute its numbers, write them back, rank its posts.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )
