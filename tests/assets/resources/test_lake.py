import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from assets.resources.lake import STAGING, Lake
from assets.resources.manifest import MANIFEST, Extraction
from schema.errors import (
    ContractError,
    CorruptPartitionError,
    MissingPartitionError,
    PipelineError,
    StorageError,
    UsageError,
)
from schema.tables.columns import polars_schema
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange
from tests.fixtures.folder_steps import steps_in
from tests.fixtures.intake import moment, put, uuid_of
from tests.fixtures.small_tables import uid

DAY = date(2024, 2, 29)
NEXT_DAY = date(2024, 3, 1)
HOURS = ["2024-02-29 12:00", "2024-02-29 03:00", "2024-02-29 23:00"]


def numbers(*values: int) -> pl.DataFrame:
    return pl.DataFrame({"n": values}, schema={"n": pl.Int64})


def content(lake: Lake, day: date = DAY) -> list[int]:
    return [n for path in lake.files("t", [day]) for n in pl.read_parquet(path)["n"]]


def every_file(lake: Lake) -> list[str]:
    return sorted(str(p.relative_to(lake.root)) for p in lake.root.rglob("*") if p.is_file())


def test_what_is_staged_is_invisible_until_it_is_published(lake: Lake) -> None:
    staged = lake.stage("t", DAY, [numbers(1)], fence=1)

    assert lake.manifest("t", DAY) is None
    assert lake.missing_days("t", [DAY]) == [DAY]
    assert list(lake.root.glob("t/*/*.parquet")) == []

    lake.publish(staged)

    assert lake.manifest("t", DAY) == staged.manifest
    assert content(lake) == [1]


def test_publishing_replaces_the_partition_whole_and_removes_the_old_files(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1, 2, 3))
    put(lake, "t", NEXT_DAY, numbers(7))

    manifest = put(lake, "t", DAY, numbers(4), fence=2)

    assert content(lake) == [4]
    assert content(lake, NEXT_DAY) == [7]
    folder = lake.partition_folder("t", DAY)
    assert {path.name for path in folder.iterdir()} == {manifest.files[0].name, MANIFEST}


def test_an_empty_partition_has_a_manifest_and_no_file(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))

    manifest = put(lake, "t", DAY, numbers(), fence=2)

    assert (manifest.rows, manifest.size_bytes) == (0, 0)
    assert lake.files("t", [DAY]) == []
    assert lake.missing_days("t", [DAY, NEXT_DAY]) == [NEXT_DAY]
    assert [path.name for path in lake.partition_folder("t", DAY).iterdir()] == [MANIFEST]


def test_published_days_are_listed_oldest_first_without_what_is_only_staged(lake: Lake) -> None:
    put(lake, "t", NEXT_DAY, numbers())
    put(lake, "t", DAY, numbers(1))
    lake.stage("t", date(2024, 3, 2), [numbers(2)], fence=1)
    lake.partition_folder("t", date(2024, 3, 3)).mkdir(parents=True)

    assert lake.published_days("t") == [DAY, NEXT_DAY]
    assert lake.published_days("unheard_of") == []


def test_batches_become_one_file_in_their_order_and_empty_ones_leave_no_trace(lake: Lake) -> None:
    batches = [numbers(), numbers(1, 2), numbers(), numbers(3)]

    lake.publish(lake.stage("t", DAY, batches, fence=1))

    assert content(lake) == [1, 2, 3]
    assert len(lake.files("t", [DAY])) == 1


def test_files_come_in_the_order_of_the_days(lake: Lake) -> None:
    put(lake, "t", NEXT_DAY, numbers(2))
    put(lake, "t", DAY, numbers(1))

    values = [pl.read_parquet(path)["n"][0] for path in lake.files("t", [DAY, NEXT_DAY])]

    assert values == [1, 2]


def test_a_day_that_was_never_published_is_named_with_the_command_that_makes_it(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))

    with pytest.raises(MissingPartitionError, match=r"no t of 2024-03-01.*run --date 2024-03-01"):
        lake.files("t", DayRange(DAY, NEXT_DAY))


def test_a_file_that_is_gone_is_named_with_the_command_that_makes_it_anew(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))
    path = lake.files("t", [DAY])[0]
    path.unlink()

    with pytest.raises(CorruptPartitionError) as error:
        lake.files("t", [DAY])

    assert str(path) in str(error.value)
    assert "sociallive run --date 2024-02-29" in str(error.value)


def test_a_truncated_file_is_refused_and_publishing_again_mends_it(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))
    path = lake.files("t", [DAY])[0]
    os.truncate(path, path.stat().st_size - 4)

    with pytest.raises(CorruptPartitionError, match=path.name):
        lake.files("t", [DAY])

    put(lake, "t", DAY, numbers(2), fence=2)
    assert content(lake) == [2]


def test_only_a_partition_whose_files_are_as_they_were_published_is_intact(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))
    assert lake.is_intact("t", DAY)
    assert not lake.is_intact("t", NEXT_DAY)

    path = lake.files("t", [DAY])[0]
    os.truncate(path, path.stat().st_size - 4)

    assert not lake.is_intact("t", DAY)


def test_staging_sweeps_what_a_crash_left_of_that_partition_only(lake: Lake) -> None:
    lake.stage("t", DAY, [numbers(1)], fence=1)
    neighbour = lake.stage("t", NEXT_DAY, [numbers(2)], fence=1)
    other_table = lake.stage("u", DAY, [numbers(3)], fence=1)

    staged = lake.stage("t", DAY, [numbers(4)], fence=2)

    assert list((lake.root / STAGING / "t" / "date=2024-02-29").iterdir()) == [staged.folder]
    assert neighbour.folder.exists()
    assert other_table.folder.exists()


def test_a_stage_that_fails_half_way_leaves_nothing(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))
    before = every_file(lake)

    def batches() -> Iterator[pl.DataFrame]:
        yield numbers(2)
        raise ContractError("the second batch is broken")

    with pytest.raises(ContractError, match="the second batch is broken"):
        lake.stage("t", DAY, batches(), fence=2)

    assert every_file(lake) == before
    assert content(lake) == [1]


def test_a_failure_leaves_nothing_of_what_was_staged_to_be_published_together(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(7))
    before = every_file(lake)

    with suppress(ContractError), lake.staging() as staged:
        staged += [lake.stage("t", day, [numbers(1)], fence=2) for day in (DAY, NEXT_DAY)]
        raise ContractError("the third day breaks its contract")

    assert every_file(lake) == before
    assert content(lake) == [7]


def test_a_lake_below_a_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("no folder")

    with pytest.raises(StorageError, match="it cannot be written") as error:
        Lake(tmp_path / "lake").stage("t", DAY, [numbers(1)], fence=1)

    assert isinstance(error.value, PipelineError)


def test_a_folder_that_somebody_put_into_a_partition_stops_nothing(lake: Lake) -> None:
    put(lake, "t", DAY, numbers(1))
    (lake.partition_folder("t", DAY) / "_delta_log").mkdir()

    put(lake, "t", DAY, numbers(2), fence=2)

    assert content(lake) == [2]


def test_every_folder_with_a_new_name_in_it_is_flushed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    staged = lake.stage("t", DAY, [numbers(1)], fence=1)
    monkeypatch.setattr(os, "fsync", record)
    lake.publish(staged)

    folders = (lake.root, lake.root / "t", lake.partition_folder("t", DAY))
    assert {folder.stat().st_ino for folder in folders} <= set(flushed)


def test_files_are_on_disk_under_their_names_before_the_manifest_names_them(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, "t", DAY, numbers(1))
    staged = lake.stage("t", DAY, [numbers(2)], fence=2)
    steps = steps_in([lake.partition_folder("t", DAY)], monkeypatch)

    lake.publish(staged)

    # First the manifest's own content, out of sight.
    assert steps == ["content", staged.manifest.files[0].name, "flushed", MANIFEST, "flushed"]


def test_rows_that_are_added_to_a_staged_partition_stand_beside_its_own(lake: Lake) -> None:
    staged = lake.stage("t", DAY, [numbers(1, 2)], fence=1)

    lake.publish(lake.add(lake.add(staged, numbers(3)), numbers(4)))

    assert content(lake) == [1, 2, 3, 4]


def test_a_copy_of_a_partition_has_its_rows_and_tells_when_they_were_read(lake: Lake) -> None:
    read = Extraction(moment("2024-03-02"), moment("2024-03-01"), "1:1:", is_final=True)
    lake.publish(lake.stage("t", DAY, [numbers(1, 2)], fence=1).extracted(read))
    published = lake.manifest("t", DAY)
    assert published is not None

    lake.publish(lake.stage_copy(published, fence=2))

    copy = lake.manifest("t", DAY)
    assert copy is not None
    assert (content(lake), copy.extraction, copy.fence) == ([1, 2], read, 2)


def test_a_place_whose_name_would_be_read_as_a_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="set SOCIALLIVE_HOME to another place"):
        Lake(tmp_path / "date=2001-01-01" / "lake")


@pytest.fixture
def event_file(lake: Lake) -> Path:
    row = {
        "id": uid("event"),
        "user_id": uid("fan"),
        "post_id": uid("post"),
        "author_id": uid("author"),
        "engagement_type": "VIEW",
        "value": Decimal("-3.25"),
        "source": None,
        "created_at": moment("2024-02-29T23:59:59.999999"),
    }
    frame = pl.DataFrame([row], schema=polars_schema(UserEngagement), orient="row")
    put(lake, "user_engagement", DAY, frame)
    put(lake, "user_engagement", NEXT_DAY, frame.clear())
    return lake.files("user_engagement", [DAY])[0]


def test_the_parquet_is_what_every_engine_reads(event_file: Path) -> None:
    facts = pq.ParquetFile(event_file)
    columns = {facts.schema.column(n).name: facts.schema.column(n) for n in range(8)}
    arrow = facts.schema_arrow

    assert event_file.parent.name == "date=2024-02-29"
    assert "date" not in columns
    assert {
        facts.metadata.row_group(0).column(n).compression for n in range(facts.metadata.num_columns)
    } == {"ZSTD"}
    assert columns["id"].physical_type == "BYTE_ARRAY"
    assert columns["id"].logical_type.type == "NONE"
    assert str(arrow.field("id").type) == "binary"
    assert str(arrow.field("engagement_type").type) == "string"
    assert str(arrow.field("value").type) == "decimal128(5, 2)"
    assert str(arrow.field("created_at").type) == "timestamp[us, tz=UTC]"
    assert '"isAdjustedToUTC":true' in columns["created_at"].logical_type.to_json()


def test_duckdb_reads_the_same_rows_by_a_plain_glob(lake: Lake, event_file: Path) -> None:
    with duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        rows = engine.execute(
            "SELECT date, id, value, source, created_at AT TIME ZONE 'UTC' "
            f"FROM '{lake.root}/user_engagement/*/*.parquet'"
        ).fetchall()

    seen = moment("2024-02-29T23:59:59.999999").replace(tzinfo=None)
    assert rows == [(DAY, uid("event"), Decimal("-3.25"), None, seen)]
    assert uuid_of("event").bytes == rows[0][1]


@pytest.mark.parametrize("column", ["created_at", "deleted_at"])
def test_the_manifest_knows_when_the_rows_happened(lake: Lake, column: str) -> None:
    moments = pl.Series(column, [*map(moment, HOURS), None], pl.Datetime("us", "UTC"))
    put(lake, "t", DAY, moments.to_frame())
    put(lake, "t", NEXT_DAY, numbers(1))

    known, unknown = lake.manifest("t", DAY), lake.manifest("t", NEXT_DAY)

    assert known is not None
    assert unknown is not None
    assert (known.first_at, known.last_at) == (
        moment(HOURS[1]).isoformat(),
        moment(HOURS[2]).isoformat(),
    )
    assert (unknown.first_at, unknown.last_at) == (None, None)
