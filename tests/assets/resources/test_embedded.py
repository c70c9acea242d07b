import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
import pytest

from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_account import Account
from assets.resources.embedded_binaries import find_package
from assets.resources.embedded_home import SHORT_PLACE
from schema.errors import StorageError, UsageError
from tests.fixtures.embedded import START, insert_row, postmaster, python, rows

START_WITHOUT_PRIVILEGES = """
import os
import sys
from pathlib import Path
from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_binaries import PostgresPackage
home, package, version, uid, gid = sys.argv[1:]
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))
print(EmbeddedPostgres(Path(home), PostgresPackage(Path(package), version)).start(), flush=True)
"""


def test_a_second_start_attaches_to_the_same_server(home: Path) -> None:
    url = EmbeddedPostgres(home).start()
    first = postmaster(home)

    assert EmbeddedPostgres(home).start() == url
    assert postmaster(home) == first


def test_a_relative_path_means_the_same_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.parent)

    assert EmbeddedPostgres(Path("postgres")).url == EmbeddedPostgres(home).url


def test_four_processes_that_start_at_once_on_nothing_share_one_server(new_home: Path) -> None:
    starters = [python(START, new_home) for _ in range(4)]
    urls = {starter.communicate()[0].strip() for starter in starters}

    assert [starter.returncode for starter in starters] == [0, 0, 0, 0]
    assert urls == {EmbeddedPostgres(new_home).url}
    assert (new_home / "log" / "start.log").read_text().count("redirecting log output") == 1


@pytest.mark.fault
def test_the_server_outlives_a_starter_killed_with_9(home: Path) -> None:
    with python(START + "sys.stdin.read()", home) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        insert_row(url)
        server = postmaster(home)

        starter.kill()

    assert EmbeddedPostgres(home).start() == url
    assert postmaster(home) == server
    assert rows(url) == [("a row",)]


@pytest.mark.fault
def test_committed_rows_outlive_a_server_killed_with_9(home: Path) -> None:
    url = EmbeddedPostgres(home).start()
    insert_row(url)
    killed = postmaster(home)

    os.kill(killed, signal.SIGKILL)

    assert EmbeddedPostgres(home).start() == url
    assert postmaster(home) != killed
    assert rows(url) == [("a row",)]


def test_stop_ends_the_server_and_may_be_repeated(home: Path) -> None:
    embedded = EmbeddedPostgres(home)
    url = embedded.start()
    assert embedded.is_running

    for _ in range(2):
        embedded.stop()

        assert not embedded.is_running
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


@pytest.mark.fault
def test_a_server_whose_folder_was_removed_leaves_the_one_after_it_alone(new_home: Path) -> None:
    with psycopg.connect(EmbeddedPostgres(new_home).start(), autocommit=True) as session:
        session.execute("CHECKPOINT")
    removed = postmaster(new_home)
    shutil.rmtree(new_home)
    url = EmbeddedPostgres(new_home).start()

    # It would do so itself within a minute, when it looks for its lock file.
    os.kill(removed, signal.SIGQUIT)
    while Path(f"/proc/{removed}").exists():
        time.sleep(0.02)

    insert_row(url)
    assert rows(url) == [("a row",)]


def test_stop_where_nothing_ever_ran_touches_nothing(new_home: Path) -> None:
    EmbeddedPostgres(new_home).stop()

    assert not new_home.exists()


def test_a_path_too_long_for_a_socket_gets_a_short_folder_that_is_closed_to_others(
    home: Path, server_user: Account
) -> None:
    embedded = EmbeddedPostgres(home.rename(home.with_name("it's long, " * 10)))

    url = embedded.start()

    with psycopg.connect(url) as session:
        folder = Path(session.info.host)
    embedded.stop()
    assert folder.parent == SHORT_PLACE
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o777) == (server_user.uid, 0o700)
    shutil.rmtree(folder)


def test_a_user_without_privileges_starts_what_root_can_then_use_and_stop(
    reachable_path: Path, server_user: Account
) -> None:
    package = find_package().usable_by(server_user, place=reachable_path)
    own = reachable_path / "own"
    own.mkdir()
    server_user.give(own)
    arguments = (
        own / "postgres",
        package.folder,
        package.version,
        server_user.uid,
        server_user.gid,
    )

    url, _ = python(START_WITHOUT_PRIVILEGES, *arguments).communicate()

    embedded = EmbeddedPostgres(own / "postgres")
    assert embedded.start() == url.strip()
    assert (own / "postgres" / "data").stat().st_uid == server_user.uid
    embedded.stop()


def test_data_of_another_major_version_are_refused(home: Path) -> None:
    (home / "data" / "PG_VERSION").write_text("15\n")

    with pytest.raises(UsageError, match=r"made by PostgreSQL 15, .*dump"):
        EmbeddedPostgres(home).start()


def test_a_place_that_cannot_be_written_is_a_storage_error(reachable_path: Path) -> None:
    (reachable_path / "file").touch()

    with pytest.raises(StorageError, match="set SOCIALLIVE_HOME to another folder"):
        EmbeddedPostgres(reachable_path / "file" / "postgres").start()
