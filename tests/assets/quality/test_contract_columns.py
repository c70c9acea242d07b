from datetime import date
from pathlib import Path

import pandera.polars as pa
import polars as pl

from assets.quality.contract_columns import count_accepted, verify_columns
from assets.quality.findings import Finding
from assets.resources.lake import Lake
from schema.tables.columns import polars_schema
from schema.tables.user_activity import UserActivity
from schema.windows import DayRange
from tests.fixtures.intake import put

DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))
ROWS = pl.DataFrame(
    [(b"u" * 16, 1, 0, 0, 0), (b"v" * 16, 0, 2, 0, 0)],
    schema={name: kind for name, kind in polars_schema(UserActivity).items() if name != "date"},
    orient="row",
)


def verify(lake: Lake) -> list[Finding]:
    return verify_columns(lake, {"user_activity": UserActivity}, DAYS)


def test_rows_of_files_with_the_columns_of_their_contract_are_accepted(lake: Lake) -> None:
    put(lake, "user_activity", DAYS.first, ROWS)
    put(lake, "user_activity", DAYS.last, ROWS.clear())

    assert verify(lake) == [Finding("contract", "user_activity", compared=2)]


def test_brackets_in_the_name_of_a_folder_above_make_no_file_unreadable(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "a[b]c" / "lake")
    put(lake, "user_activity", DAYS.first, ROWS)

    assert verify(lake) == [Finding("contract", "user_activity", compared=2)]


def test_a_day_of_another_contract_is_named_with_what_differs_and_what_to_do(lake: Lake) -> None:
    put(lake, "user_activity", DAYS.first, ROWS)
    changed = ROWS.drop("follows").with_columns(pl.col("posts").cast(pl.Int32), shares=pl.lit(1))
    put(lake, "user_activity", DAYS.last, changed)

    told, quiet = verify(lake)

    assert quiet == Finding("contract", "user_activity", compared=2)
    assert (told.day, told.unexplained) == (DAYS.last, 1)
    assert "posts is Int32 and not Int64" in told.advice
    assert "follows is missing and not Int64" in told.advice
    assert "shares is Int32 and not there" in told.advice
    assert "sociallive run --date 2024-03-01" in told.advice


def test_a_nullable_column_that_an_older_file_lacks_is_no_difference(lake: Lake) -> None:
    class Placed(UserActivity):
        place: str = pa.Field(nullable=True)

    put(lake, "user_activity", DAYS.first, ROWS)
    put(lake, "user_activity", DAYS.last, ROWS.with_columns(place=pl.lit(None, pl.String)))

    assert verify_columns(lake, {"user_activity": Placed}, DAYS) == [
        Finding("contract", "user_activity", compared=4)
    ]


def test_rows_of_a_day_that_is_damaged_or_under_another_contract_are_not_accepted(
    lake: Lake,
) -> None:
    first, second, last = DAYS
    put(lake, "user_activity", first, ROWS)
    put(lake, "user_activity", second, ROWS.drop("follows"))
    put(lake, "user_activity", last, ROWS.head(1))
    lake.files("user_activity", [last])[0].unlink()

    assert count_accepted(lake, "user_activity", DAYS, verify(lake)) == {
        "rows_read": 5,
        "rows_accepted": 2,
        "rows_rejected": 3,
    }


def test_a_missing_file_is_not_told_twice(lake: Lake) -> None:
    put(lake, "user_activity", DAYS.first, ROWS)
    lake.files("user_activity", [DAYS.first])[0].unlink()

    assert verify(lake) == [Finding("contract", "user_activity", compared=0)]


def test_a_file_whose_footer_is_damaged_is_named_and_the_other_days_are_compared(
    lake: Lake,
) -> None:
    put(lake, "user_activity", DAYS.first, ROWS)
    put(lake, "user_activity", DAYS.last, ROWS)
    [path] = lake.files("user_activity", [DAYS.last])
    path.write_bytes(b"x" * path.stat().st_size)

    told, quiet = verify(lake)

    assert quiet == Finding("contract", "user_activity", compared=2)
    assert (told.day, told.unexplained) == (DAYS.last, 1)
    assert "its columns cannot be read" in told.advice
    assert "sociallive run --date 2024-03-01" in told.advice
