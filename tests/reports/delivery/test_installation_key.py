import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reports.delivery.installation_key import installation_key
from schema.errors import StorageError, UsageError


def test_the_key_is_made_once_and_is_its_owner_s_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "report-links.key"

    key = installation_key(path)

    assert len(key) == 32
    assert installation_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_of_many_that_make_it_at_once_all_get_the_same(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "report-links.key"

    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: installation_key(path), range(32)))

    assert keys == {path.read_bytes()}


def test_installations_have_different_keys(tmp_path: Path) -> None:
    assert installation_key(tmp_path / "a") != installation_key(tmp_path / "b")


def test_a_file_that_is_no_key_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")

    with pytest.raises(UsageError, match="is not a key of 32 bytes"):
        installation_key(tmp_path / "key")

    assert (tmp_path / "key").read_bytes() == b"short"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="cannot be made or read"):
        installation_key(tmp_path / "file" / "key")
