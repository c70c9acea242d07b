from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import narwhals as nw
import pandera.polars as pa
import polars as pl
import pytest

from assets.resources.engine import (
    DuckDBEngine,
    Engine,
    PolarsEngine,
    collect,
    open_engine,
    run,
    run_in_batches,
)
from assets.resources.lake import Lake
from assets.resources.lazy_frames import LazyFrame, empty_partition
from assets.resources.spark_engine import SparkEngine
from schema.errors import CorruptPartitionError, PartitionLockedError, UsageError
from schema.tables.columns import Score, polars_schema
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.user_engagement import UserEngagement
from schema.windows import ONE_DAY
from tests.fixtures.engines import ENGINES, engine_of
from tests.fixtures.intake import moment, put
from tests.fixtures.small_tables import uid

TABLE = "user_engagement"
DAY = date(2024, 2, 29)
NEXT_DAY = date(2024, 3, 1)
EVENT = {
    "id": uid("event"),
    "user_id": uid("fan"),
    "post_id": uid("post"),
    "author_id": uid("author"),
    "engagement_type": "VIEW",
    "value": Decimal("1.50"),
    "source": None,
    "created_at": moment("2024-02-29T23:59:59.999999"),
}


class Tipped(UserEngagement):
    """A contract that has got a column."""

    tip: Score = pa.Field(nullable=True)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_of(request)


def events(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [EVENT | change for change in changes]
    return pl.DataFrame(rows, schema=polars_schema(UserEngagement), orient="row")


def native(frame: nw.LazyFrame[Any]) -> pl.DataFrame:
    collected: pl.DataFrame = frame.collect("polars").to_native()
    return collected


def expected(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {"date": pl.Date()} | polars_schema(UserEngagement)
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def test_each_name_opens_its_engine() -> None:
    assert isinstance(open_engine("duckdb"), DuckDBEngine)
    assert isinstance(open_engine("polars"), PolarsEngine)
    assert isinstance(open_engine("spark"), SparkEngine)


def test_an_engine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"'pandas'.*SOCIALLIVE_ENGINE.*duckdb, polars, spark"):
        open_engine("pandas")


def test_a_scan_has_the_rows_in_the_types_of_the_contract_and_their_day_as_a_date(
    engine: Engine, lake: Lake
) -> None:
    put(lake, TABLE, DAY, events({}))
    put(lake, TABLE, NEXT_DAY, events({"source": "feed"}, {"id": uid("another")}))

    scan = engine.scan(lake.files(TABLE, [DAY, NEXT_DAY]), UserEngagement)

    assert native(scan.sort("date", "id")).equals(
        expected(
            {"date": DAY} | EVENT,
            {"date": NEXT_DAY} | EVENT | {"id": uid("another")},
            {"date": NEXT_DAY} | EVENT | {"source": "feed"},
        )
    )


def test_of_no_files_there_are_no_rows_in_the_same_shape(engine: Engine, lake: Lake) -> None:
    put(lake, TABLE, DAY, events({}))
    nothing = engine.scan([], UserEngagement)
    something = engine.scan(lake.files(TABLE, [DAY]), UserEngagement)

    assert native(nothing).equals(expected())
    assert native(nothing).schema == native(something).schema
    assert nothing.collect_schema() == something.collect_schema()


def test_an_empty_day_between_others_adds_no_rows(engine: Engine, lake: Lake) -> None:
    put(lake, TABLE, DAY, events())
    put(lake, TABLE, NEXT_DAY, events({}))

    scan = engine.scan(lake.files(TABLE, [DAY, NEXT_DAY]), UserEngagement)

    assert native(scan).equals(expected({"date": NEXT_DAY} | EVENT))


def test_rows_of_a_scan_can_be_stacked_with_an_empty_scan_and_joined_to_a_frame(
    engine: Engine, lake: Lake
) -> None:
    put(lake, TABLE, DAY, events({}))
    scan = engine.scan(lake.files(TABLE, [DAY]), UserEngagement)
    fans = engine.lazy(pl.DataFrame({"user_id": [uid("fan")], "n": [1]}))

    stacked = nw.concat([scan, engine.scan([], UserEngagement)])
    joined = stacked.join(fans, on="user_id", how="inner").select("date", "id", "n")

    assert native(joined).rows() == [(DAY, uid("event"), 1)]


@pytest.mark.parametrize("folder", ["env=prod", "a[b]c", "sp ace", "quo'te"])
def test_the_name_of_a_folder_above_the_lake_means_nothing(
    engine: Engine, tmp_path: Path, folder: str
) -> None:
    lake = Lake(tmp_path / folder / "lake")
    put(lake, TABLE, DAY, events({}))

    scan = engine.scan(lake.files(TABLE, [DAY]), UserEngagement)

    assert native(scan).equals(expected({"date": DAY} | EVENT))


@pytest.mark.parametrize("newer", [[], [NEXT_DAY], [NEXT_DAY - 2 * ONE_DAY]])
def test_a_nullable_column_that_files_of_an_older_contract_lack_is_null_in_their_rows(
    engine: Engine, lake: Lake, newer: list[date]
) -> None:
    put(lake, TABLE, DAY, events({}))
    for day in newer:
        put(
            lake,
            TABLE,
            day,
            events({}).with_columns(tip=pl.lit(Decimal("0.50"), pl.Decimal(10, 2))),
        )

    scan = engine.scan(lake.files(TABLE, sorted([DAY, *newer])), Tipped)

    assert native(scan).schema == {"date": pl.Date()} | polars_schema(Tipped)
    tips = native(scan.select("date", "tip").sort("date")).rows()
    assert tips == sorted([(DAY, None), *((day, Decimal("0.50")) for day in newer)])


def test_a_file_that_lacks_a_column_with_a_value_in_every_row_is_refused_and_named(
    engine: Engine, lake: Lake
) -> None:
    put(lake, TABLE, NEXT_DAY, events({}))
    put(lake, TABLE, DAY, events({}).drop("engagement_type"))

    with pytest.raises(
        CorruptPartitionError, match=rf"date={DAY}.* lacks engagement_type: run the day again"
    ):
        engine.scan(lake.files(TABLE, [NEXT_DAY, DAY]), UserEngagement)


@pytest.mark.parametrize("engine", [DuckDBEngine(), PolarsEngine()])
@pytest.mark.parametrize("read", [run, lambda frame: list(run_in_batches(frame))])
def test_a_file_that_another_run_has_replaced_meanwhile_asks_to_run_again(
    engine: Engine, read: Callable[[LazyFrame], object], lake: Lake
) -> None:
    put(lake, TABLE, DAY, events({}))
    scan = engine.scan(lake.files(TABLE, [DAY]), UserEngagement)
    put(lake, TABLE, DAY, events({}))

    with pytest.raises(PartitionLockedError, match=r"replaced while it was read.*run again"):
        read(scan)


def test_days_are_utc_wherever_the_engine_runs(
    engine: Engine, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, TABLE, DAY, events({}))
    scan = engine.scan(lake.files(TABLE, [DAY]), UserEngagement)

    days = scan.select(day=nw.col("created_at").dt.date(), hour=nw.col("created_at").dt.hour())

    assert native(days).rows() == [(DAY, 23)]


def test_collecting_gives_the_contracts_exact_types_and_order(engine: Engine) -> None:
    row = {
        "events": [2, 3],
        "audience_events": [1, 1],
        "audience_value": [100, 250],
        "author_id": [uid("author")] * 2,
        "engagement_type": ["VIEW"] * 2,
        "post_id": [uid("post")] * 2,
        "date": [DAY] * 2,
        "not in the contract": [0, 0],
    }
    groups = engine.lazy(pl.DataFrame(row)).group_by(
        "date", "post_id", "engagement_type", "author_id"
    )
    summed = groups.agg(
        nw.col("events").sum(), nw.col("audience_events").sum(), nw.col("audience_value").sum()
    )

    frame = collect(summed, PostEngagementDaily)

    assert frame.schema == polars_schema(PostEngagementDaily)
    assert frame["events"].to_list() == [5]


def test_an_empty_partition_begins_with_its_day() -> None:
    assert list(empty_partition(UserEngagement).columns) == ["date", *EVENT]
    assert empty_partition(PostEngagementDaily).columns[0] == "date"
