"""The asset that removes what expired long ago."""

from typing import Any

import dagster as dg

from assets.lifecycle.expired_rows import RemovedRows, remove_expired_rows
from assets.metadata import clear_failures
from assets.resources.postgres import Postgres

GROUP = "lifecycle"
OWNERS = ["team:data-platform"]
EXPIRED_ROWS = "expired_rows"


def expired_rows_asset() -> dg.AssetsDefinition:
    """Build the asset of the clean-up."""

    @dg.asset(
        name=EXPIRED_ROWS,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres"},
        tags={"personal_data": "none"},
    )
    def expired_rows(postgres: dg.ResourceParam[Postgres]) -> dg.MaterializeResult[None]:
        """Sessions, feed items and password reset tokens that expired over 30 days ago, removed.

        - Of `report_deliveries`, mails that ended over 90 days ago: nobody is mailed about days so
          long gone.
        - In batches, each in a transaction of its own; one cut-off for the run, UTC.
        - Feed items without an expiry stay. No published number changes: a day keeps its sessions.
        - Fails when: rows stay locked by others; what was removed before stays removed.
        """
        with clear_failures():
            removed = remove_expired_rows(postgres)
        return dg.MaterializeResult(metadata=removal_metadata(removed))

    return expired_rows


def removal_metadata(removed: RemovedRows) -> dict[str, Any]:
    """What Dagster shows of a run."""
    return {"cutoff": removed.cutoff.isoformat(timespec="seconds"), **removed.counts()}
