import errno
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assets.lifecycle.backup_folder import (
    BASES,
    DUMPS,
    BackupFolder,
    instant_of,
    name_of,
)
from assets.resources.durable_files import write_private
from assets.resources.postgres_programs import service_file
from schema.errors import PartitionLockedError, StorageError

NAME = name_of(datetime(2026, 11, 25, 2, 0, 0, 7, tzinfo=UTC))


def test_names_tell_the_instant() -> None:
    assert NAME == "2026-11-25T02-00-00.000007Z"
    assert instant_of(NAME) == datetime(2026, 11, 25, 2, 0, 0, 7, tzinfo=UTC)


def test_a_backup_appears_when_it_is_complete(tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path / "backups")

    with folder.lock():
        with folder.new(DUMPS, NAME) as unfinished:
            write_private(unfinished / "file", b"text")
            assert folder.names(DUMPS) == []
        assert folder.names(DUMPS) == [NAME]

    file = folder.path(DUMPS, NAME) / "file"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, folder.root)] == [
        *(0o600, 0o700, 0o700)
    ]


def test_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path)

    with (
        folder.lock(),
        pytest.raises(StorageError, match=r"No space left on device.*older backups are untouched"),
        folder.new(DUMPS, NAME),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert list((tmp_path / DUMPS).iterdir()) == []


@pytest.mark.fault
def test_what_kill_9_leaves_goes_with_the_next(tmp_path: Path) -> None:
    left = tmp_path / BASES / f".{NAME}"
    (left / "data").mkdir(parents=True)
    with (
        service_file("postgresql://user:secret@host/database", within=left.parent) as service,
        BackupFolder(tmp_path).lock(),
    ):
        assert not left.exists()
        assert not service.exists()


def test_a_removed_backup_is_gone(tmp_path: Path) -> None:
    folder = BackupFolder(tmp_path)
    with folder.lock(), folder.new(BASES, NAME):
        pass

    folder.remove(BASES, NAME)

    assert list((tmp_path / BASES).iterdir()) == []


def test_only_one_works_at_a_time(tmp_path: Path) -> None:
    with (
        BackupFolder(tmp_path).lock(),
        pytest.raises(PartitionLockedError, match="another backup or restore drill"),
        BackupFolder(tmp_path).lock(),
    ):
        raise AssertionError("the lock was free")

    with BackupFolder(tmp_path).lock():
        assert BackupFolder(tmp_path).names(DUMPS) == []


@pytest.mark.fault
def test_a_backup_that_is_half_removed_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = BackupFolder(tmp_path)
    with folder.lock(), folder.new(BASES, NAME):
        pass

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            folder.remove(BASES, NAME)

    assert folder.names(BASES) == []
    with folder.lock():
        assert list((tmp_path / BASES).iterdir()) == []


def test_a_backup_is_on_disk_when_it_appears_and_when_older_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, flushed = BackupFolder(tmp_path), list[int]()
    fsync = os.fsync

    def record(descriptor: int) -> None:
        flushed.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", record)
    with folder.lock(), folder.new(DUMPS, NAME):
        pass
    appeared = list(flushed)
    folder.remove(DUMPS, NAME)

    dumps = (tmp_path / DUMPS).stat().st_ino
    assert len(appeared) == 2, "what is in it, then its name"
    assert (appeared[-1], flushed[-1], len(flushed)) == (dumps, dumps, 3)
