import subprocess
from pathlib import Path

import psycopg
import pytest

from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_account import Account
from schema.errors import DatabaseUnavailableError
from tests.fixtures.embedded import START, insert_row, postmaster, postmaster_lines, python


def setting(url: str, name: str) -> str:
    with psycopg.connect(url) as session:
        row = session.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def test_a_start_on_nothing_gives_an_empty_database_that_survives_power_cuts(
    new_home: Path,
) -> None:
    url = EmbeddedPostgres(new_home).start()

    with psycopg.connect(url) as session:
        assert session.info.dbname == "sociallive"
        assert session.info.password == ""
        assert session.info.parameter_status("TimeZone") == "UTC"
        assert session.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert setting(url, name) == "on"


def test_the_server_opens_no_network_socket_and_closes_its_folder_to_others(home: Path) -> None:
    url = EmbeddedPostgres(home).start()

    _, _, _, port, socket_folder, network_address, *_ = postmaster_lines(home)
    assert (port, network_address) == ("5432", "")
    assert (home / "data" / socket_folder).resolve() == home
    assert setting(url, "listen_addresses") == ""
    assert home.stat().st_mode & 0o777 == 0o700


def test_root_is_not_who_the_server_runs_as(home: Path, server_user: Account) -> None:
    EmbeddedPostgres(home).start()

    owner = (home / "data" / "postmaster.pid").stat().st_uid
    assert owner == server_user.uid != 0


@pytest.mark.fault
def test_a_starter_killed_while_it_makes_the_cluster_leaves_nothing_half_done(
    new_home: Path,
) -> None:
    with python(START, new_home) as starter:
        while not (new_home / "data.tmp").exists():
            assert starter.poll() is None
        starter.kill()

    insert_row(EmbeddedPostgres(new_home).start())
    assert not (new_home / "data.tmp").exists()


def test_a_stale_process_id_that_now_is_another_process_is_not_believed(
    home: Path, server_user: Account
) -> None:
    url = EmbeddedPostgres(home).start()
    left_behind = [home / "data" / "postmaster.pid", home / ".s.PGSQL.5432.lock"]
    texts = [path.read_text() for path in left_behind]
    EmbeddedPostgres(home).stop()

    user = server_user.uid if server_user.switch else None
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, user=user) as bystander:
        for path, text in zip(left_behind, texts, strict=True):
            path.write_text("\n".join([str(bystander.pid), *text.splitlines()[1:], ""]))
            server_user.give(path)
        EmbeddedPostgres(home).stop()

        assert EmbeddedPostgres(home).start() == url
        assert postmaster(home) != bystander.pid
        assert bystander.poll() is None
        bystander.communicate()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(home: Path) -> None:
    embedded = EmbeddedPostgres(home)
    (home / "data" / "postgresql.auto.conf").write_text("work_mem = 'plenty'\n")

    with pytest.raises(DatabaseUnavailableError, match=r'(?s)did not start.*"work_mem": "plenty"'):
        embedded.start()
