"""Jobs: what is materialized together."""

from collections.abc import Sequence

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from assets.metadata import PATIENT

DAILY_JOB = "daily"
# What moves and removes old rows has jobs of its own: a day's numbers need none of it.
LIFECYCLE_GROUP = "lifecycle"
# What people receive is made once the day is there.
REPORTS_GROUP = "reports"
# They list the day's files, and would miss those that a run replaces.
VIEWS = "analyst_views"
# The queue starts one run at a time of those that carry the same value: see instance/dagster.yaml.
# The UI tells by it why a run waits.
ONE_AT_A_TIME = "sociallive/one_at_a_time"
DAYS, PAGES = "days", "pages"
UNATTENDED = {PATIENT: "true"}


def daily_job(left_out: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Everything of a day, or of a range of days, in one run and one process.

    `left_out` are checks that read more of the platform's database than a day of data is worth.
    """
    return dg.define_asset_job(
        DAILY_JOB,
        selection=dg.AssetSelection.all()
        - dg.AssetSelection.groups(LIFECYCLE_GROUP, REPORTS_GROUP)
        - dg.AssetSelection.checks(*left_out)
        | dg.AssetSelection.assets(VIEWS),
        description="Ingest a day, compute its numbers, write them back, rank its posts.",
        executor_def=dg.in_process_executor,
        tags={**UNATTENDED, ONE_AT_A_TIME: DAYS},
    )


def asset_job(
    name: str, asset: str, *, description: str, waits_for: str | None = None
) -> UnresolvedAssetJobDefinition:
    """One asset with its checks, apart from the daily job; never beside another run of its own.

    `waits_for`: whose runs it never runs beside instead.
    """
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.assets(asset),
        description=description,
        executor_def=dg.in_process_executor,
        tags={**UNATTENDED, ONE_AT_A_TIME: waits_for or name},
    )


def checks_job(
    name: str, checks: Sequence[dg.AssetChecksDefinition], *, description: str
) -> UnresolvedAssetJobDefinition:
    """Checks alone: their alarms come even where nothing is materialized any more."""
    return dg.define_asset_job(
        name,
        selection=dg.AssetSelection.checks(*checks),
        description=description,
        executor_def=dg.in_process_executor,
        tags=UNATTENDED,
    )
