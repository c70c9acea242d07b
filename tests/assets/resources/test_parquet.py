import errno
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from assets.resources.parquet import (
    ROW_GROUP_ROWS,
    count_lacking,
    in_row_groups,
    read_batches,
    read_window,
    refuse_unwritable,
    write_parquet,
)
from schema.errors import CorruptPartitionError, StorageError
from schema.tables.columns import polars_schema
from schema.tables.comments import Comments
from schema.windows import DayRange


@pytest.mark.parametrize("rows", [0, 1, ROW_GROUP_ROWS, 2 * ROW_GROUP_ROWS + 5])
def test_every_row_comes_back_once_in_order_a_row_group_or_less_at_a_time(
    tmp_path: Path, rows: int
) -> None:
    frame = pl.DataFrame({"id": pl.int_range(rows, eager=True)})
    paths = [tmp_path / "first[1].parquet", tmp_path / "second.parquet"]
    for path in paths:
        write_parquet(path, [frame])

    batches = list(read_batches(path for path in paths if path.exists()))

    assert_frame_equal(pl.concat([frame.clear(), *batches]), pl.concat([frame, frame]))
    assert all(0 < batch.height <= ROW_GROUP_ROWS for batch in batches)


@pytest.mark.parametrize("first", [1, ROW_GROUP_ROWS + 1])
def test_rows_that_come_in_any_batches_go_on_in_whole_row_groups(first: int) -> None:
    frame = pl.DataFrame({"id": pl.int_range(2 * ROW_GROUP_ROWS + 5, eager=True)})

    groups = list(in_row_groups([frame.head(first), frame.slice(first)]))

    assert [group.height for group in groups] == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 5]
    assert_frame_equal(pl.concat(groups), frame)


@pytest.mark.parametrize("has_statistics", [True, False])
def test_the_rows_of_a_day_are_found_whatever_row_groups_they_lie_in(
    tmp_path: Path, *, has_statistics: bool
) -> None:
    midnight, half_a_day = datetime(2024, 2, 28, tzinfo=UTC), timedelta(hours=12)
    moments = [midnight + place * half_a_day for place in range(8)]
    rows = pl.DataFrame({"id": range(8), "created_at": moments, "left_out": "text"})
    path = tmp_path / "month.parquet"
    pq.write_table(rows.to_arrow(), path, row_group_size=2, write_statistics=has_statistics)
    days = DayRange(date(2024, 2, 29), date(2024, 3, 1))

    found = pl.concat(read_window([path], days, time="created_at", columns=["id", "created_at"]))

    assert found["id"].to_list() == [2, 3, 4, 5]
    assert found.columns == ["id", "created_at"]
    before = DayRange(date(2024, 2, 27), date(2024, 2, 27))
    read = list(read_window([path], before, time="created_at", columns=["id", "created_at"]))
    assert sum(batch.height for batch in read) == 0
    assert has_statistics == (not read)


def test_what_older_files_lack_is_counted_by_column_and_damaged_ones_lack_nothing(
    tmp_path: Path,
) -> None:
    columns = {name: dtype for name, dtype in polars_schema(Comments).items() if name != "date"}
    paths = [tmp_path / f"{place}.parquet" for place in range(4)]
    pl.DataFrame(schema=columns).write_parquet(paths[0])
    for path in paths[1:3]:
        pl.DataFrame(schema=columns).drop("parent_id").write_parquet(path)
    paths[3].write_bytes(b"no Parquet")

    assert count_lacking(paths, Comments) == {"parent_id": 2}


def test_a_file_without_a_column_that_has_a_value_in_every_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    pl.DataFrame(schema=polars_schema(Comments)).drop("post_id", "parent_id").write_parquet(path)

    with pytest.raises(CorruptPartitionError, match=r"0\.parquet lacks post_id: run the day again"):
        count_lacking([path], Comments)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full: free some space"),
        (OSError("Error writing bytes: No space left on device"), "the disk is full"),
        (OSError(errno.EROFS, "Read-only file system"), "it cannot be written .*Read-only"),
    ],
)
def test_a_disk_that_takes_nothing_more_is_told_from_one_that_takes_nothing(
    tmp_path: Path, error: OSError, reason: str
) -> None:
    with (
        pytest.raises(StorageError, match=f"{tmp_path}: {reason}"),
        refuse_unwritable(tmp_path),
    ):
        raise error
