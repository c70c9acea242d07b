from datetime import date

import polars as pl

from assets.quality.findings import Finding, alarming
from assets.quality.lake_files import verify_lake_files
from assets.resources.lake import Lake
from schema.windows import DayRange
from tests.fixtures.intake import put

DAY = date(2024, 2, 29)
DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))
NUMBERS = pl.DataFrame({"n": [1, 2, 3]})


def verify(lake: Lake) -> list[Finding]:
    return verify_lake_files(lake, ["t", "u"], DAYS, with_digests=True)


def test_sound_partitions_are_counted_per_table_and_days_without_one_are_not(lake: Lake) -> None:
    put(lake, "t", DAYS.first, NUMBERS)
    put(lake, "t", DAY, NUMBERS.clear())

    assert verify(lake) == [
        Finding("lake_files", "t", compared=2),
        Finding("lake_files", "u", compared=0),
    ]


def test_a_damaged_file_is_named_with_its_table_day_path_defect_and_remedy(lake: Lake) -> None:
    for day in DAYS:
        put(lake, "t", day, NUMBERS)
    [path] = lake.files("t", [DAY])
    path.unlink()

    [alarm] = alarming(verify(lake))

    assert alarm.subject == "t: missing"
    assert alarm.day == DAY
    assert alarm.examples == (f"t/date=2024-02-29/{path.name}",)
    assert str(path) in alarm.advice
    assert "sociallive run --date 2024-02-29" in alarm.advice
    assert Finding("lake_files", "t", compared=2) in verify(lake)


def test_a_stray_file_may_be_removed(lake: Lake) -> None:
    put(lake, "t", DAY, NUMBERS)
    (lake.partition_folder("t", DAY) / "copy.parquet").write_bytes(b"")

    [alarm] = alarming(verify(lake))

    assert alarm.subject == "t: stray file"
    assert "remove it" in alarm.advice
