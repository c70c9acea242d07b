from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.resources.parquet import ROW_GROUP_ROWS, read_batches, write_parquet


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
