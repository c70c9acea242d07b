import os
from pathlib import Path

import pytest

from assets.resources.durable_files import fsync_path, replace_private, write_private, write_synced
from schema.errors import StorageError


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Inodes in the order in which they were flushed."""
    inodes: list[int] = []
    fsync = os.fsync

    def record(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    return inodes


def test_what_is_written_is_flushed(tmp_path: Path, flushed: list[int]) -> None:
    path = tmp_path / "file"

    write_synced(path, b"content")
    fsync_path(tmp_path)

    assert path.read_bytes() == b"content"
    assert flushed == [path.stat().st_ino, tmp_path.stat().st_ino]


def test_no_folder_stays_open_once_its_names_are_safe(tmp_path: Path) -> None:
    def next_descriptor() -> int:
        descriptor = os.open(tmp_path, os.O_RDONLY)
        os.close(descriptor)
        return descriptor

    before = next_descriptor()
    fsync_path(tmp_path)

    assert next_descriptor() == before


def test_a_replaced_file_is_flushed_before_its_name_is(tmp_path: Path, flushed: list[int]) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    replace_private(path, b"after")

    assert path.read_bytes() == b"after"
    assert flushed == [path.stat().st_ino, tmp_path.stat().st_ino]
    assert list(tmp_path.iterdir()) == [path]


def test_private_files_and_their_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"

    replace_private(path, b"content")

    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)


def test_a_private_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        write_private(tmp_path / "link", b"content")

    assert not (tmp_path / "elsewhere").exists()


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "file.part").write_bytes(b"half")

    replace_private(tmp_path / "file", b"whole")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_bytes(b"")

    with pytest.raises(StorageError, match=r"folder/file cannot be written \(.+\): mend it"):
        replace_private(tmp_path / "folder" / "file", b"content")
