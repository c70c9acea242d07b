"""The platform behind TLS: both drivers check whom they speak to, as the URL asks."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as adbc
import pytest

from assets.lifecycle.backup_folder import BackupFolder
from assets.lifecycle.base_backup import take_base
from assets.lifecycle.database_dump import dump_database
from assets.resources.arrow_reader import clear_read_errors, open_arrow_reader
from assets.resources.postgres import Postgres, Role
from assets.resources.snapshot import open_snapshot
from schema.errors import DatabaseUnavailableError, UsageError
from tests.fixtures.postgres import PASSWORD, PostgresServer
from tests.fixtures.relay import Authority, Relay, relayed

HOST = "db.platform.example"
AddressOf = Callable[..., Postgres]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "authority").establish()


@pytest.fixture(scope="module")
def front(postgres_server: PostgresServer, authority: Authority) -> Iterator[Relay]:
    """A TLS server of the platform's name before the real PostgreSQL."""
    with relayed(postgres_server.port, tls=authority.context_for(HOST)) as relay:
        yield relay


def backed_up_physically(postgres: Postgres, folder: BackupFolder, name: str) -> object:
    return take_base(postgres, None, folder, name)


@pytest.fixture
def address(database: str, front: Relay, authority: Authority) -> AddressOf:
    def of(*, host: str = HOST, trusted: Path = authority.certificate, port: int = 0) -> Postgres:
        name = database.partition("?")[0].rpartition("/")[2]
        return Postgres(
            f"postgresql://postgres:{quote(PASSWORD)}@{host}:{port or front.port}/{name}"
            f"?hostaddr=127.0.0.1&sslmode=verify-full&sslrootcert={quote(str(trusted))}"
        )

    return of


def read_a_row(postgres: Postgres) -> object:
    """One row by each of the two drivers."""
    with open_snapshot(postgres) as snapshot, open_arrow_reader(postgres, snapshot) as reader:
        assert snapshot.session.pgconn.ssl_in_use
        with reader.arrow.cursor() as cursor:
            cursor.execute("SELECT current_user::text")
            return cursor.fetchall()


def test_both_drivers_work_with_a_server_that_proves_its_name(
    address: AddressOf, front: Relay
) -> None:
    assert read_a_row(address()) == [("sociallive_reader",)]

    assert front.encrypted == front.sessions >= 2


def arrow_session(postgres: Postgres) -> None:
    """A session of the Arrow driver alone, whose snapshot is never asked for."""
    with clear_read_errors("the snapshot"), adbc.connect(postgres.conninfo(Role.READER)):
        raise AssertionError("it let itself be fooled")


def plain_session(postgres: Postgres) -> None:
    with postgres.session(Role.READER):
        raise AssertionError("it let itself be fooled")


@pytest.mark.parametrize("connect", [plain_session, arrow_session])
def test_a_server_of_another_name_is_refused(
    address: AddressOf, connect: Callable[[Postgres], None]
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="does not match host name") as refusal:
        connect(address(host="db.elsewhere.example"))

    assert PASSWORD not in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("connect", [plain_session, arrow_session])
def test_a_server_that_another_authority_vouches_for_is_refused(
    address: AddressOf, tmp_path: Path, connect: Callable[[Postgres], None]
) -> None:
    stranger = Authority(tmp_path, "stranger").establish()

    with pytest.raises(DatabaseUnavailableError, match="certificate verify failed"):
        connect(address(trusted=stranger.certificate))


@pytest.mark.parametrize("connect", [plain_session, arrow_session])
def test_a_server_without_tls_is_refused_where_tls_is_asked_for(
    address: AddressOf, postgres_server: PostgresServer, connect: Callable[[Postgres], None]
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="server does not support SSL"):
        connect(address(port=postgres_server.port))


@pytest.mark.parametrize("back_up", [dump_database, backed_up_physically])
def test_a_backup_never_leaves_an_encrypted_server_in_the_clear(
    address: AddressOf,
    front: Relay,
    tmp_path: Path,
    back_up: Callable[[Postgres, BackupFolder, str], object],
) -> None:
    """As the embedded programs would have it, which speak no TLS, where TLS is left to chance."""
    by_chance = Postgres(address().url.replace("verify-full", "prefer"))
    folder = BackupFolder(tmp_path / "backups")
    sessions, encrypted = front.sessions, front.encrypted

    refusal = "that speak TLS are needed"
    with folder.lock():
        try:
            back_up(by_chance, folder, "2024-03-02T00-00-00.000000Z")
        except UsageError as error:
            # Where the system has no programs that are as new as the server.
            refusal = str(error)

    assert "that speak TLS are needed" in refusal
    assert front.encrypted - encrypted == front.sessions - sessions > 0


@pytest.mark.fault
def test_a_server_that_fell_silent_is_given_up_within_minutes(
    postgres: Postgres, tcp_url: Callable[[str], str]
) -> None:
    with (
        Postgres(tcp_url(postgres.url)).session(Role.READER) as session,
        socket.socket(fileno=os.dup(session.fileno())) as connected,
    ):
        tcp = socket.IPPROTO_TCP
        waits = [
            connected.getsockopt(tcp, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        ]

        assert waits == [60, 15, 4]
        assert connected.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == 120_000
