import os
import pwd
from pathlib import Path

import pytest

from assets.resources.embedded_account import Account, server_account
from assets.resources.embedded_home import (
    SHORT_PLACE,
    default_data_home,
    prepare_home,
    prepare_socket_folder,
    socket_folder,
)
from schema.errors import StorageError, UsageError

USER = 1000


@pytest.fixture
def nobody(reachable_path: Path) -> Account:
    return server_account(reachable_path / "none", euid=0)


@pytest.fixture
def me(reachable_path: Path) -> Account:
    entry = pwd.getpwuid(os.geteuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)


@pytest.fixture
def closed(reachable_path: Path) -> Path:
    folder = reachable_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def test_the_database_lives_in_the_home_of_its_user(closed: Path) -> None:
    assert default_data_home(closed / "home", euid=USER) == closed / "home" / "postgres"


def test_the_database_of_root_lives_in_the_home_when_others_can_reach_it(
    reachable_path: Path,
) -> None:
    place = default_data_home(reachable_path / "home", euid=0, shared=reachable_path / "shared")

    assert place == reachable_path / "home" / "postgres"


def test_the_database_of_root_moves_to_a_shared_place_when_others_cannot_reach_the_home(
    closed: Path, reachable_path: Path
) -> None:
    shared = reachable_path / "shared"
    here = default_data_home(closed / "clone" / ".sociallive", euid=0, shared=shared)
    there = default_data_home(closed / "other" / ".sociallive", euid=0, shared=shared)

    assert here.parent == there.parent == shared
    assert here.name.startswith("clone-")
    assert here != there
    assert here == default_data_home(
        closed / "other" / ".." / "clone" / ".sociallive", euid=0, shared=shared
    )
    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_database_that_exists_stays_where_it_is(closed: Path, reachable_path: Path) -> None:
    shared = reachable_path / "shared"
    outside = default_data_home(closed / "home", euid=0, shared=shared)
    (outside / "data").mkdir(parents=True)
    closed.chmod(0o755)

    assert default_data_home(closed / "home", euid=0, shared=shared) == outside


def test_a_home_below_a_closed_folder_is_refused_and_the_folder_stays_closed(
    closed: Path, nobody: Account
) -> None:
    with pytest.raises(UsageError, match=r"nobody, .* cannot enter .*closed: set SOCIALLIVE_HOME"):
        prepare_home(closed / "postgres", nobody)

    assert closed.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_other_things_is_refused_and_left_alone(
    reachable_path: Path, me: Account
) -> None:
    (reachable_path / "holiday.jpg").touch()

    with pytest.raises(UsageError, match="holds other files than an embedded database"):
        prepare_home(reachable_path, me)

    assert reachable_path.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_another_user_is_refused(reachable_path: Path) -> None:
    stranger = Account("stranger", os.geteuid() + 1, 0, switch=False)

    with pytest.raises(UsageError, match="not to stranger: run this as that user"):
        prepare_home(reachable_path, stranger)


def test_the_home_is_made_closed_to_all_others(reachable_path: Path, me: Account) -> None:
    prepare_home(reachable_path / "home" / "postgres", me)

    assert (reachable_path / "home" / "postgres").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["x" * 100, "a,b", "it's", 'a"b', "a\\b"])
def test_a_path_that_a_socket_cannot_have_gets_a_short_one_of_its_own(
    reachable_path: Path, me: Account, name: str
) -> None:
    folder = socket_folder(reachable_path / name, me)

    assert folder.parent == SHORT_PLACE
    assert folder == socket_folder(reachable_path / name, me)
    assert folder != socket_folder(reachable_path / f"{name}{name}", me)


def test_a_socket_folder_made_by_another_user_is_refused(reachable_path: Path) -> None:
    stranger = Account("stranger", os.geteuid() + 1, 0, switch=False)
    (reachable_path / "socket").mkdir(mode=0o700)

    with pytest.raises(StorageError, match="only user stranger can enter, and is not"):
        prepare_socket_folder(reachable_path / "socket", stranger)


def test_a_socket_folder_that_others_may_enter_is_refused(closed: Path, me: Account) -> None:
    closed.chmod(0o777)

    with pytest.raises(StorageError, match=r"only user .* can enter, and is not"):
        prepare_socket_folder(closed, me)


def test_a_socket_folder_that_is_a_link_is_refused(
    reachable_path: Path, closed: Path, me: Account
) -> None:
    (reachable_path / "link").symlink_to(closed)

    with pytest.raises(StorageError, match="remove it, or set SOCIALLIVE_HOME to a shorter path"):
        prepare_socket_folder(reachable_path / "link", me)
