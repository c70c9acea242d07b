import gzip
from pathlib import Path

import pytest

from assets.lifecycle.wal_archive import archived_segments, require_segments, segments_between
from schema.errors import BrokenBackupError

MIB = 1 << 20
FIRST, NEXT, LAST = (f"0000000200000003000000{end}" for end in ("FE", "FF", "00"))
LAST = LAST.replace("00000003", "00000004")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Three whole segments of 1 KiB."""
    for name in (FIRST, NEXT, LAST):
        keep(tmp_path, name, bytes(1024))
    return tmp_path


def keep(archive: Path, name: str, content: bytes) -> None:
    (archive / f"{name}.gz").write_bytes(gzip.compress(content))


def test_segments_of_16_mib_go_from_ff_of_one_log_to_00_of_the_next() -> None:
    assert list(segments_between(FIRST, LAST, segment_bytes=16 * MIB)) == [FIRST, NEXT, LAST]
    assert list(segments_between(NEXT, NEXT, segment_bytes=16 * MIB)) == [NEXT]


def test_larger_segments_are_fewer_in_a_log() -> None:
    names = segments_between(
        f"{1:08X}{0:08X}{3:08X}", f"{1:08X}{1:08X}{0:08X}", segment_bytes=1 << 30
    )

    assert [name[8:] for name in names] == [f"{0:08X}{3:08X}", f"{1:08X}{0:08X}"]


def test_what_is_no_segment_is_not_taken_for_one(archive: Path) -> None:
    for name in (f"{FIRST}.00000028.backup", "00000002.history", FIRST[:-1]):
        keep(archive, name, b"")
    (archive / "wanted").touch()

    assert archived_segments(archive) == [FIRST, NEXT, LAST]


def test_all_segments_of_a_recovery_are_read_the_last_one_included(archive: Path) -> None:
    def required(first: str, last: str) -> int:
        return require_segments(archive, first, last, segment_bytes=16 * MIB)

    with pytest.raises(BrokenBackupError, match=f"{FIRST}.gz holds 1,024 bytes of a segment of"):
        required(FIRST, LAST)
    for name in (FIRST, NEXT, LAST):
        keep(archive, name, bytes(16 * MIB))
    assert required(FIRST, LAST) == 3
    keep(archive, LAST, bytes(16 * MIB + 1))
    with pytest.raises(BrokenBackupError, match=f"{LAST}.gz holds"):
        required(FIRST, LAST)


@pytest.mark.parametrize("kept", [0, 5, 20, -1])
def test_a_segment_that_was_cut_short_is_damaged(archive: Path, kept: int) -> None:
    path = archive / f"{LAST}.gz"
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(BrokenBackupError, match=f"{LAST}.gz (is damaged|holds 0 bytes)"):
        require_segments(archive, LAST, LAST, segment_bytes=1024)


def test_a_segment_with_a_changed_byte_is_damaged(archive: Path) -> None:
    path = archive / f"{LAST}.gz"
    raw = bytearray(path.read_bytes())
    for position in (12, -6):
        raw[position] ^= 0xFF
        path.write_bytes(bytes(raw))
        with pytest.raises(BrokenBackupError, match=f"{LAST}.gz is damaged"):
            require_segments(archive, LAST, LAST, segment_bytes=1024)
