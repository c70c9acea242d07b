import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from assets.resources.engine import EngineName
from pipelines.dagster_home import open_instance
from pipelines.settings import Settings

DAYS = 10
EVENTS = "SELECT dagster_event_type, asset_key, partition FROM event_logs ORDER BY id"
NAMED = "SELECT asset_key, last_run_id IS NULL FROM asset_keys"


@dg.asset(
    partitions_def=dg.DailyPartitionsDefinition("2024-01-01"),
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def numbers() -> None:
    """A table of a range of days."""


@dg.asset_check(asset=numbers)
def checked() -> dg.AssetCheckResult:
    """A check of the table."""
    return dg.AssetCheckResult(passed=True)


def run_range(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [numbers],
        instance=instance,
        tags={
            "dagster/asset_partition_range_start": "2024-01-01",
            "dagster/asset_partition_range_end": f"2024-01-{DAYS}",
        },
    )


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    settings = Settings(tmp_path / "home", None, EngineName.DUCKDB, date(2024, 1, 1))
    with open_instance(settings) as opened:
        yield opened


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Databases, in the order in which they were opened."""
    shards: list[str] = []
    connect: Callable[..., Any] = sqlite3.dbapi2.connect

    def note(database: str, *given: Any, **named: Any) -> Any:
        shards.append(Path(database).stem)
        return connect(database, *given, **named)

    monkeypatch.setattr(sqlite3.dbapi2, "connect", note)
    return shards


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Databases that Dagster made an engine for, each of which compiles all statements anew."""
    shards: list[str] = []
    connect: Callable[..., Any] = SqliteEventLogStorage._connect

    def note(storage: SqliteEventLogStorage, shard: str) -> Any:
        shards.append(shard)
        return connect(storage, shard)

    monkeypatch.setattr(SqliteEventLogStorage, "_connect", note)
    return shards


def rows(instance: dg.DagsterInstance, shard: str, statement: str) -> list[tuple[Any, ...]]:
    storage = instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    with closing(sqlite3.connect(storage.path_for_shard(shard))) as session:
        return session.execute(statement).fetchall()


def test_each_day_of_a_range_has_a_moment_of_its_own_for_the_ui_shows_one_per_millisecond(
    instance: dg.DagsterInstance,
) -> None:
    run_range(instance)

    found = instance.fetch_materializations(numbers.key, limit=DAYS).records
    moments = [int(record.timestamp * 1000) for record in found]
    assert len(set(moments)) == DAYS
    # The last day, which is the newest event, is the newest in time.
    assert found[0].partition_key == f"2024-01-{DAYS}"
    assert moments == sorted(moments, reverse=True)


def test_a_range_of_days_leaves_the_events_that_dagsters_own_storage_would(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as plain:
        ours, theirs = run_range(instance).run_id, run_range(plain).run_id

        for of_ours, of_theirs in [("index", "index"), (ours, theirs)]:
            assert rows(instance, of_ours, EVENTS) == rows(plain, of_theirs, EVENTS)
        assert rows(instance, "index", NAMED) == rows(plain, "index", NAMED)
    days = instance.get_materialized_partitions(dg.AssetKey("numbers"))
    assert len(days) == DAYS


def test_the_events_of_a_range_are_stored_together(
    instance: dg.DagsterInstance, opened: list[str]
) -> None:
    run_range(instance)

    # Two of each day, planned and there, would each open both.
    assert 0 < opened.count("index") < 2 * DAYS


def test_events_one_by_one_share_an_engine_for_each_database(
    instance: dg.DagsterInstance, engines: list[str]
) -> None:
    run_id = dg.materialize([numbers], instance=instance, partition_key="2024-01-01").run_id

    assert sorted(engines) == sorted({"index", run_id})


def test_events_one_by_one_open_each_database_once(
    instance: dg.DagsterInstance, opened: list[str]
) -> None:
    dg.materialize([numbers, checked], instance=instance, partition_key="2024-01-01")
    opened.clear()
    run = dg.materialize([numbers, checked], instance=instance, partition_key="2024-01-02")

    assert "index" not in opened
    # Dagster opens that of a new run a few times, to make its tables.
    assert opened.count(run.run_id) < len(run.all_events)


def test_a_storage_that_was_closed_holds_no_database_open(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    dg.materialize([numbers], instance=instance, partition_key="2024-01-01")

    instance.event_log_storage.dispose()

    held = [link.resolve() for link in Path("/proc/self/fd").iterdir()]
    assert not [path for path in held if path.is_relative_to(tmp_path)]


def test_of_a_batch_that_cannot_be_stored_nothing_is_there_and_then_each_event_once(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    store: Callable[..., Any] = SqliteEventLogStorage._store_asset_event
    calls: list[int] = []

    def fail_once(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == DAYS // 2:
            raise sqlite3.OperationalError("disk I/O error")
        return store(*given)

    monkeypatch.setattr(SqliteEventLogStorage, "_store_asset_event", fail_once)
    run_range(instance)

    planned = [row for row in rows(instance, "index", EVENTS) if row[0].endswith("PLANNED")]
    assert len(planned) == len(set(planned)) == DAYS
