"""What checks had said before somebody wiped their asset in the Dagster UI.

That takes the results of the checks, but not the events of the runs that told of them.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import cast

import dagster as dg
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster_shared.serdes import deserialize_value
from sqlalchemy import or_, select


def wiped_results(
    instance: dg.DagsterInstance, checks: Collection[dg.AssetCheckKey], *, since: float
) -> dict[dg.AssetCheckKey, list[tuple[str, dg.AssetCheckEvaluation]]]:
    """All that those of the checks whose asset was ever wiped said, newest first, with the run.

    Of runs that are kept. What they said since the wipe is among it; to hear it twice changes
    nothing. `since`: seconds since 1970.
    """
    results: dict[dg.AssetCheckKey, list[tuple[str, dg.AssetCheckEvaluation]]] = {}
    wiped = _wiped_assets(instance, {key.asset_key for key in checks})
    keys = {key for key in checks if key.asset_key in wiped}
    if not keys:
        return results
    events = SqlEventLogStorageTable.c
    told = (
        select(events.event)
        .where(
            events.dagster_event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
            events.timestamp >= datetime.fromtimestamp(since, UTC).replace(tzinfo=None),
            # Spares most of the work: there are a dozen of other checks.
            or_(*(events.event.contains(name) for name in {key.name for key in keys})),
        )
        .order_by(events.id.desc())
    )
    storage = cast("SqlEventLogStorage", instance.event_log_storage)
    with storage.index_connection() as connection:
        for (text,) in connection.execute(told):
            entry = deserialize_value(text, dg.EventLogEntry)
            said = entry.dagster_event.asset_check_evaluation_data if entry.dagster_event else None
            if said and said.asset_check_key in keys:
                results.setdefault(said.asset_check_key, []).append((entry.run_id, said))
    return results


def _wiped_assets(
    instance: dg.DagsterInstance, assets: Collection[dg.AssetKey]
) -> set[dg.AssetKey]:
    names = {key.to_string(): key for key in assets}
    # Dagster itself tells of no asset that was wiped and not materialized since.
    wiped = select(AssetKeyTable.c.asset_key).where(
        AssetKeyTable.c.asset_key.in_(names), AssetKeyTable.c.wipe_timestamp.is_not(None)
    )
    storage = cast("SqlEventLogStorage", instance.event_log_storage)
    with storage.index_connection() as connection:
        return {names[name] for (name,) in connection.execute(wiped)}
