"""The newest results of the quality checks, as Dagster keeps them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import dagster as dg
import polars as pl
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecord

from reports.overview.facts import CHECKS, CheckOutcome


def check_keys(checks: Iterable[dg.AssetChecksDefinition]) -> list[dg.AssetCheckKey]:
    """Keys of all these checks."""
    return [key for check in checks for key in check.check_keys]


def newest_results(instance: dg.DagsterInstance, keys: Sequence[dg.AssetCheckKey]) -> pl.DataFrame:
    """One row per check that ever ran (CHECKS), by table and check."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    rows = [_row(key, record) for key, record in records.items()]
    return pl.DataFrame(rows, schema=dict(CHECKS), orient="row").sort("asset", "check_name")


def _row(key: dg.AssetCheckKey, record: AssetCheckExecutionRecord) -> tuple[object, ...]:
    # While a check runs, and after its run was stopped, this is only the plan of it.
    said = record.evaluation
    description = said.description if isinstance(said, dg.AssetCheckEvaluation) else None
    ran_at = datetime.fromtimestamp(record.create_timestamp, UTC)
    return (key.asset_key.to_user_string(), key.name, _outcome(said).value, ran_at, description)


def _outcome(said: object) -> CheckOutcome:
    if not isinstance(said, dg.AssetCheckEvaluation):
        return CheckOutcome.UNFINISHED
    if said.passed:
        return CheckOutcome.PASSED
    is_warning = said.severity is dg.AssetCheckSeverity.WARN
    return CheckOutcome.WARNED if is_warning else CheckOutcome.FAILED
