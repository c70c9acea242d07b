"""The PostgreSQL servers of a simulated week: their clock is ours, and they can be killed."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assets.resources.embedded_account import server_account
from assets.resources.embedded_binaries import find_package
from tests.fixtures.folders import new_folder
from tests.fixtures.midnight import clock_variables, packaged_library, write_shift
from tests.fixtures.postgres import PostgresServer, running_server

POLL_S = 0.1


class EmbeddedBinaries:
    """What the fixture of servers asks of pytest's options: the package's PostgreSQL."""

    def getoption(self, _name: str) -> None:
        """No other PostgreSQL."""


@dataclass(frozen=True, slots=True)
class ShiftedServer:
    """A running server whose clock is the machine's plus a shift."""

    server: PostgresServer
    variables: Mapping[str, str]

    def set_clock(self, showing: datetime) -> None:
        """Let its clock show this moment from now on."""
        write_shift(self.server.folder, showing)

    def kill(self) -> None:
        """End it as a power cut does."""
        first = int((self._data / "postmaster.pid").read_text().partition("\n")[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in (first, *map(int, children)):
            with suppress(ProcessLookupError):
                _kill(process)

    def start(self) -> None:
        """Start it again; it recovers by itself."""
        account = server_account(self.server.folder, euid=os.geteuid())
        program = find_package().usable_by(account, place=self.server.folder).program("pg_ctl")
        given = [f"{name}={value}" for name, value in self.variables.items()]
        options = ("start", "--wait", "--pgdata=data", "--log=log")
        started = account.run("env", *given, program, *options, folder=self.server.folder)
        assert started.returncode == 0, started.stdout

    @property
    def _data(self) -> Path:
        return self.server.folder / "data"


def _kill(process: int) -> None:
    """Kill and wait until nothing is left: while its number is taken, no server starts."""
    os.kill(process, signal.SIGKILL)
    while Path(f"/proc/{process}").exists():
        time.sleep(POLL_S)


@contextmanager
def shifted_server() -> Iterator[ShiftedServer]:
    """A new server; its clock is the machine's until it is set."""
    folder = new_folder()
    variables = clock_variables(folder, packaged_library())
    write_shift(folder, datetime.now(UTC))
    with running_server(folder, EmbeddedBinaries(), variables) as server:  # type: ignore[arg-type]
        yield ShiftedServer(server, variables)
