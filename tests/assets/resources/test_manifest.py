import hashlib
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.resources.manifest import (
    MANIFEST,
    Computation,
    DataFile,
    Extraction,
    Manifest,
    read_manifest,
    sha256_of,
    write_manifest,
)
from schema.errors import CorruptPartitionError

EXTRACTION = Extraction(
    taken_at=datetime(2024, 3, 2, 1, 2, 3, 456789, tzinfo=UTC),
    first_taken_at=datetime(2024, 3, 1, tzinfo=UTC),
    snapshot="00000003-00000002-1",
    is_final=True,
)
FILES = [DataFile("a.parquet", 3, 100, "aa"), DataFile("b.parquet", 4, 200, "bb")]


@pytest.mark.parametrize("extraction", [EXTRACTION, None])
@pytest.mark.parametrize("files", [FILES, []])
def test_a_manifest_is_read_as_it_was_written(
    tmp_path: Path, files: list[DataFile], extraction: Extraction | None
) -> None:
    manifest = Manifest("t", date(2024, 2, 29), "load", 7, files, extraction)

    write_manifest(manifest, tmp_path / MANIFEST)

    assert read_manifest(tmp_path) == manifest


def test_rows_and_bytes_are_those_of_all_files() -> None:
    manifest = Manifest("t", date(2024, 2, 29), "load", 7, FILES)

    assert (manifest.rows, manifest.size_bytes) == (7, 300)


def test_a_folder_without_a_manifest_was_never_published(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "no folder") is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"table": "t"}', "\udcff", '{"files": ["x"]}', "null"]
)
def test_a_manifest_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(CorruptPartitionError, match="run the day again") as error:
        read_manifest(tmp_path)

    assert str(tmp_path / MANIFEST) in str(error.value)


@pytest.mark.parametrize("day", ["2024-13-01", 5, None])
def test_a_manifest_with_an_impossible_fact_is_refused(tmp_path: Path, day: object) -> None:
    write_manifest(Manifest("t", day, "load", 7), tmp_path / MANIFEST)  # type: ignore[arg-type]

    with pytest.raises(CorruptPartitionError):
        read_manifest(tmp_path)


@pytest.mark.parametrize("noted", [True, False])
def test_a_partition_is_as_final_as_was_noted(noted: bool) -> None:
    extraction = replace(EXTRACTION, is_final=noted)

    assert Manifest("t", date(2024, 2, 29), "load", 7, FILES, extraction).is_final is noted


def test_of_a_partition_of_which_nothing_was_noted_nothing_is_known() -> None:
    manifest = Manifest("t", date(2024, 2, 29), "load", 7, FILES)

    assert (manifest.is_final, manifest.was_over) == (None, None)


@pytest.mark.parametrize(
    ("taken_at", "was_over"),
    [
        (datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC), False),
        (datetime(2024, 3, 1, tzinfo=UTC), True),
    ],
)
def test_a_day_was_over_if_it_was_read_at_its_end_or_later(
    taken_at: datetime, was_over: bool
) -> None:
    extraction = replace(EXTRACTION, taken_at=taken_at)

    assert Manifest("t", date(2024, 2, 29), "l", 7, FILES, extraction).was_over is was_over


def test_the_digest_is_that_of_the_whole_file(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000
    (tmp_path / "file").write_bytes(content)

    assert sha256_of(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_extracted_rows_are_told_apart_by_their_fingerprint_and_others_by_their_files() -> None:
    computed = Manifest("t", date(2024, 2, 29), "load", 7, FILES)
    extracted = replace(computed, extraction=replace(EXTRACTION, fingerprint=-5))

    assert computed.content == replace(computed, load_id="another").content == "aa bb"
    assert computed.content != replace(computed, files=FILES[::-1]).content
    assert extracted.content == replace(extracted, files=FILES[::-1]).content == "7 rows, -5"


@pytest.mark.parametrize(
    "known",
    [
        FILES[0],
        EXTRACTION,
        Computation({}, is_final=True),
        Manifest("t", date(2024, 2, 29), "l", 7, []),
    ],
)
def test_what_was_written_down_is_not_changed_afterwards(
    known: DataFile | Extraction | Computation | Manifest,
) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(known, next(iter(fields(known))).name, None)
