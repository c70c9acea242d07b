import gzip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from assets.resources.embedded_cluster import ARCHIVE_COMMAND, WAL_ARCHIVE, WAL_WANTED

SEGMENT = "000000010000000000000001"
DAY_S = 86_400


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The archive beside a data directory with one segment in it."""
    (tmp_path / "data" / "pg_wal").mkdir(parents=True)
    (tmp_path / "data" / "pg_wal" / SEGMENT).write_bytes(b"log" * 1000)
    folder = tmp_path / WAL_ARCHIVE
    folder.mkdir()
    (folder / WAL_WANTED).touch()
    return folder


def run(archive: Path) -> int:
    """What PostgreSQL does with the finished segment."""
    command = ARCHIVE_COMMAND.replace("%p", f"pg_wal/{SEGMENT}").replace("%f", SEGMENT)
    data = archive.parent / "data"
    return subprocess.run(["/bin/sh", "-c", command], cwd=data, check=False).returncode


def archived(archive: Path) -> list[str]:
    return sorted(path.name for path in archive.iterdir() if path.name != WAL_WANTED)


def test_a_segment_is_kept_compressed_and_may_be_offered_again(archive: Path) -> None:
    assert [run(archive), run(archive)] == [0, 0]

    assert archived(archive) == [f"{SEGMENT}.gz"]
    assert gzip.decompress((archive / f"{SEGMENT}.gz").read_bytes()) == b"log" * 1000


def test_file_and_name_are_on_disk_before_postgresql_may_remove_the_segment(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it is offered again: whoever had named it may have died before that."""
    real, told, before = shutil.which("sync"), tmp_path / "synced", tmp_path / "before"
    before.mkdir()
    (before / "sync").write_text(f'#!/bin/sh\necho "$*" >> {told}; ls 0* >> {told}; {real} "$@"\n')
    (before / "sync").chmod(0o755)
    monkeypatch.setenv("PATH", str(before), prepend=os.pathsep)

    assert [run(archive), run(archive)] == [0, 0]

    unnamed, named = f"{SEGMENT}.new", f"{SEGMENT}.gz"
    assert told.read_text().split() == [unnamed, unnamed, ".", named, ".", named]


def test_another_segment_of_the_same_name_is_refused_and_the_first_one_stays(archive: Path) -> None:
    (archive / f"{SEGMENT}.gz").write_bytes(gzip.compress(b"another server's"))

    assert run(archive) != 0
    assert gzip.decompress((archive / f"{SEGMENT}.gz").read_bytes()) == b"another server's"


def test_nothing_is_kept_where_no_base_backup_was_taken(archive: Path) -> None:
    (archive / WAL_WANTED).unlink()
    assert (run(archive), archived(archive)) == (0, [])

    archive.rmdir()
    assert (run(archive), archive.exists()) == (0, False)


@pytest.mark.parametrize(("days", "kept"), [(13, [f"{SEGMENT}.gz"]), (15, [])])
def test_the_archive_stops_growing_two_weeks_after_the_last_base_backup(
    archive: Path, days: int, kept: list[str]
) -> None:
    wanted = archive / WAL_WANTED
    then = wanted.stat().st_mtime - days * DAY_S
    os.utime(wanted, (then, then))

    assert run(archive) == 0
    assert archived(archive) == kept
