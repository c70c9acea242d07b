import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.resources.inspection import Damage, Defect, inspect_partition
from assets.resources.lake import Lake
from assets.resources.manifest import MANIFEST
from tests.fixtures.intake import put

DAY = date(2024, 2, 29)
NUMBERS = pl.DataFrame({"n": list(range(1_000))})


@pytest.fixture
def path(lake: Lake) -> Path:
    put(lake, "t", DAY, NUMBERS)
    return lake.files("t", [DAY])[0]


def inspect(lake: Lake, *, with_digests: bool = True) -> list[Damage]:
    return inspect_partition(lake, "t", DAY, with_digests=with_digests)


def defects(lake: Lake, *, with_digests: bool = True) -> list[tuple[str, Defect]]:
    return [(d.path.name, d.defect) for d in inspect(lake, with_digests=with_digests)]


def test_what_was_published_is_sound(lake: Lake, path: Path) -> None:
    assert inspect(lake) == []


def test_an_empty_partition_and_a_day_without_one_are_sound(lake: Lake) -> None:
    assert inspect(lake) == []

    put(lake, "t", DAY, NUMBERS.clear())

    assert inspect(lake) == []


@pytest.mark.parametrize("with_digests", [True, False])
def test_a_deleted_file_is_missing(lake: Lake, path: Path, *, with_digests: bool) -> None:
    path.unlink()

    assert defects(lake, with_digests=with_digests) == [(path.name, Defect.MISSING)]


@pytest.mark.parametrize("with_digests", [True, False])
@pytest.mark.parametrize("kept", [0, 1, 100])
def test_a_file_that_lost_its_end_is_truncated(
    lake: Lake, path: Path, *, kept: int, with_digests: bool
) -> None:
    size = path.stat().st_size
    os.truncate(path, kept)

    [damage] = inspect(lake, with_digests=with_digests)

    assert damage.defect is Defect.TRUNCATED
    assert damage.evidence == f"{kept} bytes instead of {size}"


@pytest.mark.fault
@pytest.mark.parametrize("position", [10, -10])
def test_a_flipped_byte_shows_in_the_digest_only(lake: Lake, path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)

    assert defects(lake) == [(path.name, Defect.CHANGED)]
    assert defects(lake, with_digests=False) == []


@pytest.mark.parametrize("rows", [NUMBERS.vstack(NUMBERS.tail(1)), NUMBERS.head(1)])
def test_a_file_that_was_written_anew_is_changed_whatever_its_size(
    lake: Lake, path: Path, rows: pl.DataFrame
) -> None:
    rows.write_parquet(path)

    assert defects(lake) == [(path.name, Defect.CHANGED)]
    assert defects(lake, with_digests=False) == [(path.name, Defect.CHANGED)]


def test_a_file_that_no_manifest_names_is_a_stray(lake: Lake, path: Path) -> None:
    stray = path.with_name("copy.parquet")
    stray.write_bytes(path.read_bytes())

    assert defects(lake, with_digests=False) == [("copy.parquet", Defect.STRAY)]

    path.with_name(MANIFEST).unlink()

    assert {defect for _, defect in defects(lake)} == {Defect.STRAY}


def test_a_manifest_that_is_none_is_unreadable_and_the_only_defect(lake: Lake, path: Path) -> None:
    path.with_name(MANIFEST).write_text("{}")

    assert defects(lake) == [(MANIFEST, Defect.UNREADABLE)]


def test_a_manifest_of_another_partition_is_changed(lake: Lake, path: Path) -> None:
    other = put(lake, "t", date(2024, 3, 1), NUMBERS.clear())
    manifest = lake.partition_folder("t", other.day) / MANIFEST
    path.with_name(MANIFEST).write_bytes(manifest.read_bytes())

    assert (MANIFEST, Defect.CHANGED) in defects(lake)


def test_a_manifest_with_another_number_of_rows_is_changed(lake: Lake, path: Path) -> None:
    manifest = path.with_name(MANIFEST)
    manifest.write_text(manifest.read_text().replace('"rows": 1000', '"rows": 999'))

    [damage] = inspect(lake)

    assert (damage.path, damage.defect) == (manifest, Defect.CHANGED)
    assert damage.evidence == "999 rows for a file of 1000 rows"


def test_a_folder_that_somebody_put_into_a_partition_is_no_file(lake: Lake, path: Path) -> None:
    path.with_name("_delta_log").mkdir()

    assert inspect(lake) == []
