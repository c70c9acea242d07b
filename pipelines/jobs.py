"""Jobs: what is materialized together."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAILY_JOB = "daily"
ERASURES_JOB = "erasures"


def daily_job(left_out: Sequence[dg.AssetChecksDefinition] = ()) -> UnresolvedAssetJobDefinition:
    """Everything of a day, or of a range of days, in one run and one process.

    `left_out` are checks that read more of the platform's database than a day of data is worth.
    """
    return dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups("lifecycle")
        - dg.AssetSelection.checks(*left_out),
        description="Ingest a day, compute its numbers, write them back, rank its posts.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )


def erasures_job() -> UnresolvedAssetJobDefinition:
    """Finish erasures that were stopped, and erase again whoever came back with a restore."""
    return dg.define_asset_job(
        ERASURES_JOB,
        selection=dg.AssetSelection.assets(ERASURES_JOB),
        description="Keep erased accounts erased.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )
