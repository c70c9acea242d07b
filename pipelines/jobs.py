"""Jobs: what is materialized together."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DAILY_JOB = "daily"
# Jobs of the assets that move and remove old rows, and prove first that nothing is lost.
LIFECYCLE_GROUP = "lifecycle"


def daily_job(left_out: Sequence[dg.AssetChecksDefinition] = ()) -> UnresolvedAssetJobDefinition:
    """Everything of a day, or of a range of days, in one run and one process.

    `left_out` are checks that read more of the platform's database than a day of data is worth.
    """
    return dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(LIFECYCLE_GROUP)
        - dg.AssetSelection.checks(*left_out),
        description="Ingest a day, compute its numbers, write them back, rank its posts.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )


def lifecycle_job(asset: str, *, description: str) -> UnresolvedAssetJobDefinition:
    """One asset of the lifecycle, with its checks, in a job of its own and its asset's name."""
    return dg.define_asset_job(
        asset,
        selection=dg.AssetSelection.assets(asset),
        description=description,
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )


def backup_ages_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Alarms about backups that are too old: they come even where no backup runs any more."""
    return dg.define_asset_job(
        "backup_ages",
        selection=dg.AssetSelection.checks(*checks),
        description="Whether the newest backup and the newest successful drill are recent.",
        executor_def=dg.in_process_executor,
        tags={"owner": "data-platform"},
    )
