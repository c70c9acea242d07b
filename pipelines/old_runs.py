"""Forgetting old runs: Dagster keeps every event of every run for ever.

What asset pages show stays: the newest materialization of each partition, with its run, and the
newest result of each check. So do results that still hold a day: no report shows it meanwhile.
"""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqlEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from sqlalchemy import delete, func, or_, select

from reports.held_days import holding_runs

# Runs that are looked at together, and the names that one statement takes.
BATCH = 500
MATERIALIZED = dg.DagsterEventType.ASSET_MATERIALIZATION.value
CHECKED = dg.DagsterEventType.ASSET_CHECK_EVALUATION.value


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many runs went altogether, and of how many only asset pages still know."""

    removed: int
    thinned: int


def forget_old_runs(instance: dg.DagsterInstance, *, before: datetime) -> Forgotten:
    """Forget runs that ended before then; safe to repeat, and to be killed at any point."""
    storage = _events_of(instance)
    holding = holding_runs(instance)
    needed = holding | _runs_of_newest_materializations(storage)
    removed = thinned = 0
    for run_ids in _old_runs(instance, before):
        spared = [run_id for run_id in run_ids if run_id in needed]
        for run_id in run_ids:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
        for run_id in set(run_ids) - needed:
            instance.delete_run(run_id)
            _drop_shard(storage, run_id)
        thinned += sum(_thin(storage, run_id, is_holding=run_id in holding) for run_id in spared)
        removed += len(run_ids) - len(spared)
        _forget_check_results(storage, set(run_ids) - holding)
    return Forgotten(removed, thinned)


def _events_of(instance: dg.DagsterInstance) -> SqlEventLogStorage:
    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise TypeError(f"{type(storage).__name__} is no storage whose old runs can be forgotten")
    return storage


def _old_runs(instance: dg.DagsterInstance, before: datetime) -> Iterator[list[str]]:
    """Ids of runs that ended before then, oldest first, in batches."""
    ended = dg.RunsFilter(statuses=FINISHED_STATUSES, updated_before=before)
    run_ids = [record.dagster_run.run_id for record in instance.get_run_records(ended)][::-1]
    for start in range(0, len(run_ids), BATCH):
        yield run_ids[start : start + BATCH]


def _runs_of_newest_materializations(storage: SqlEventLogStorage) -> set[str]:
    events = SqlEventLogStorageTable.c
    newest = (
        select(func.max(events.id))
        .where(events.dagster_event_type == MATERIALIZED)
        .group_by(events.asset_key, events.partition)
    )
    with storage.index_connection() as connection:
        found = connection.execute(select(events.run_id).where(events.id.in_(newest)).distinct())
        return {run_id for (run_id,) in found}


def _thin(storage: SqlEventLogStorage, run_id: str, *, is_holding: bool) -> bool:
    """Leave of a run what it materialized, and what its checks said if that holds a day.

    Whether it had more.
    """
    events, kept = SqlEventLogStorageTable.c, [MATERIALIZED, *([CHECKED] if is_holding else [])]
    others = delete(SqlEventLogStorageTable).where(
        events.run_id == run_id,
        or_(events.dagster_event_type.is_(None), events.dagster_event_type.not_in(kept)),
    )
    # SQLite has a file for each run, and a copy in the one that asset pages read.
    with storage.run_connection(run_id) as connection:
        had_more = connection.execute(others).rowcount > 0
    with storage.index_connection() as connection:
        connection.execute(others)
    if had_more and isinstance(storage, SqliteEventLogStorage):
        _shrink(Path(storage.path_for_shard(run_id)))
    return had_more


def _shrink(shard: Path) -> None:
    with closing(sqlite3.connect(shard, isolation_level=None)) as connection:
        connection.execute("VACUUM")


def _drop_shard(storage: SqlEventLogStorage, run_id: str) -> None:
    """Remove the file that SQLite has for a run."""
    if isinstance(storage, SqliteEventLogStorage):
        shard = Path(storage.path_for_shard(run_id))
        for file in (shard, Path(f"{shard}-wal"), Path(f"{shard}-shm")):
            file.unlink(missing_ok=True)


def _forget_check_results(storage: SqlEventLogStorage, run_ids: Collection[str]) -> None:
    results = AssetCheckExecutionsTable.c
    newest = select(func.max(results.id)).group_by(results.asset_key, results.check_name)
    with storage.index_connection() as connection:
        kept = {number for (number,) in connection.execute(newest)}
        connection.execute(
            delete(AssetCheckExecutionsTable).where(
                results.run_id.in_(run_ids), results.id.not_in(kept)
            )
        )
