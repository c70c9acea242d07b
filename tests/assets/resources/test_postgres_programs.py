import stat
from pathlib import Path

import pytest

from assets.resources import postgres_programs
from assets.resources.embedded_binaries import find_package
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.errors import BackupFailedError, UsageError
from tests.fixtures.postgres import PASSWORD

EMBEDDED = int(find_package().major)


def test_the_embedded_programs_serve_servers_of_their_version_and_older_ones() -> None:
    for major in (EMBEDDED, 9):
        assert find_programs(major=major) == find_package()
    assert find_programs(major=EMBEDDED, exactly=True) == find_package()


def test_programs_that_speak_no_tls_are_not_taken_for_a_server_that_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system's are; here nothing is installed but ours."""
    monkeypatch.setattr(postgres_programs, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "")

    assert find_programs(major=9) == find_package()
    with pytest.raises(UsageError, match="that speak TLS are needed"):
        find_programs(major=9, encrypted=True)


@pytest.fixture
def clients_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Version of the system's programs, of which only those for clients are installed."""
    programs = tmp_path / "15" / "bin"
    programs.mkdir(parents=True)
    for name in ("pg_dump", "pg_basebackup"):
        (programs / name).write_text(f'#!/bin/sh\necho "{name} (PostgreSQL) 15.18"\n')
        (programs / name).chmod(0o700)
    monkeypatch.setattr(postgres_programs, "SYSTEM_FOLDERS", ((str(tmp_path), "*"),))
    monkeypatch.setenv("PATH", "")
    return 15


def test_a_drill_takes_programs_with_a_server(clients_only: int) -> None:
    assert find_programs(major=clients_only).version == "15.18"
    assert find_programs(major=clients_only, serving=True) == find_package()
    with pytest.raises(UsageError, match="with a server are needed, and here are"):
        find_programs(major=clients_only, exactly=True, serving=True)


@pytest.mark.parametrize(("major", "exactly"), [(99, False), (9, True)])
def test_what_is_not_there_is_named_with_what_to_install(major: int, exactly: bool) -> None:
    with pytest.raises(UsageError, match=rf"version {major}.*apt-get install postgresql-{major}"):
        find_programs(major=major, exactly=exactly)


def test_a_program_connects_with_a_password_that_no_command_line_shows(
    tcp_url: object, database: str, tmp_path: Path
) -> None:
    assert callable(tcp_url)
    with service_file(tcp_url(database)) as service:
        assert stat.S_IMODE(service.stat().st_mode) == 0o600
        assert PASSWORD in service.read_text()
        run_program(
            find_package(),
            "pg_dump",
            *("--no-password", "--schema-only", f"--file={tmp_path / 'schema.sql'}"),
            service=service,
        )
    assert not service.exists()
    assert "CREATE TABLE public.users" in (tmp_path / "schema.sql").read_text()


def test_a_program_that_fails_is_quoted_without_the_password(
    tcp_url: object, database: str
) -> None:
    assert callable(tcp_url)
    with (
        service_file(tcp_url(database, password="wrong-password")) as service,
        pytest.raises(BackupFailedError, match=r"pg_dump failed: .*password auth") as refusal,
    ):
        run_program(find_package(), "pg_dump", "--no-password", service=service)

    assert "wrong-password" not in str(refusal.value)


def test_a_url_of_several_lines_is_refused() -> None:
    with (
        pytest.raises(UsageError, match="line break"),
        service_file("postgresql://user:a%0Ab@host/database"),
    ):
        raise AssertionError("it was written")
