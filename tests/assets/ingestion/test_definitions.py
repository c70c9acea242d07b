from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.ingestion.definitions import ingestion_asset
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.partitions import daily_partitions
from assets.resources.cold_months import ColdStore
from assets.resources.engine import DuckDBEngine
from assets.resources.published import Published
from tests.fixtures.intake import Intake, Source

D = "2024-02-29"
DAY_BEFORE = "2024-02-28"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral(tempdir=str(tmp_path)) as instance:
        yield instance


def materialize(
    intake: Intake, instance: dg.DagsterInstance, first: str, last: str, *, first_day: str
) -> dg.ExecuteInProcessResult:
    begin = date.fromisoformat(first_day)
    asset = ingestion_asset(daily_partitions(begin), first_day=begin, lookback_days=7)
    return dg.materialize(
        [asset],
        instance=instance,
        resources={
            "postgres": intake.postgres,
            "publisher": intake.publisher,
            "published": Published(intake.lake, DuckDBEngine()),
            "cold": ColdStore(intake.lake.root.parent / "cold"),
        },
        tags={
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        },
        raise_on_error=False,
    )


def noted(result: dg.ExecuteInProcessResult, table: str) -> dict[str, dict[str, Any]]:
    return {
        str(m.partition): {key: value.value for key, value in m.metadata.items()}
        for m in result.asset_materializations_for_node("ingest")
        if m.asset_key.to_user_string() == table
    }


def test_every_source_table_is_an_asset_that_tells_its_columns() -> None:
    day = date(2024, 1, 1)
    asset = ingestion_asset(daily_partitions(day), first_day=day, lookback_days=7)

    specs = {spec.key.to_user_string(): spec for spec in asset.specs}
    assert set(specs) == set(SOURCE_TABLES)
    for table, spec in specs.items():
        assert spec.description == SOURCE_TABLES[table].__doc__
        assert spec.owners
        assert spec.metadata["dagster/column_schema"].columns


def test_each_day_of_a_range_has_its_own_figures(
    source: Source, intake: Intake, instance: dg.DagsterInstance
) -> None:
    source.add("posts", "a", created_at=DAY_BEFORE)
    source.add("posts", "b", created_at=D)
    source.add("posts", "c", created_at=D)

    result = materialize(intake, instance, DAY_BEFORE, D, first_day=DAY_BEFORE)

    assert result.success
    figures = noted(result, "posts")
    assert {day: facts["dagster/partition_row_count"] for day, facts in figures.items()} == {
        DAY_BEFORE: 1,
        D: 2,
    }
    assert all(facts["is_final"] and facts["taken_at"] for facts in figures.values())
    assert set(noted(result, "moderation_states")) == {DAY_BEFORE, D}


def test_history_that_the_lake_has_never_seen_is_read_too_and_only_once(
    source: Source, intake: Intake, instance: dg.DagsterInstance
) -> None:
    first = materialize(intake, instance, D, D, first_day=DAY_BEFORE)
    again = materialize(intake, instance, D, D, first_day=DAY_BEFORE)

    assert set(noted(first, "users")) == {DAY_BEFORE, D}
    assert set(noted(again, "users")) == {D}
    assert instance.get_materialized_partitions(dg.AssetKey("users")) == {DAY_BEFORE, D}


def test_a_refusal_fails_the_step_with_its_one_sentence_and_is_not_retried(
    source: Source, intake: Intake, instance: dg.DagsterInstance
) -> None:
    source.add("user_engagement", "bad", value="NaN", created_at=D)

    result = materialize(intake, instance, D, D, first_day=D)

    failure = next(event for event in result.all_events if event.is_step_failure)
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert str(told.description).startswith("user_engagement of 2024-02-29 breaks its contract")
    assert failure.step_failure_data.error is not None
    assert noted(result, "users") == {}
