import os
from pathlib import Path

import pytest

from assets.resources.embedded_account import Account, server_account
from schema.errors import UsageError

OWNER = os.geteuid() + 1
GROUP = 54321


def test_root_hands_the_server_to_nobody_and_users_keep_it(reachable_path: Path) -> None:
    assert server_account(reachable_path / "new", euid=0).name == "nobody"
    assert not server_account(reachable_path / "new", euid=os.geteuid() or 1).switch


def test_a_user_id_without_a_name_is_refused(reachable_path: Path) -> None:
    with pytest.raises(UsageError, match="user id 54321 has no name on this machine"):
        server_account(reachable_path, euid=54321)


@pytest.mark.parametrize(
    ("mode", "uid", "own_group", "enters"),
    [
        (0o711, OWNER, False, True),
        (0o710, OWNER, False, False),
        (0o710, OWNER, True, True),
        (0o701, OWNER, True, False),
        (0o700, os.geteuid() or OWNER, False, os.geteuid() != 0),
    ],
)
def test_the_mode_of_a_folder_says_who_enters(
    reachable_path: Path, mode: int, uid: int, own_group: bool, enters: bool
) -> None:
    folder = reachable_path / "folder"
    folder.mkdir()
    folder.chmod(mode)
    gid = folder.stat().st_gid if own_group else GROUP

    assert Account("user", uid, gid, switch=True).can_enter(folder / "not yet there") == enters
