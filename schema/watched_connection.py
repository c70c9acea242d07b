"""Sessions whose statements may take as long as they take, but not as long as nobody works on them.

Behind a proxy that hangs, the other end still answers to keep-alive. So the server is asked, by a
connection of its own, whether it is at work on what we wait for.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import make_conninfo

# The server is asked after so long, and again and again.
SILENCE_S = 1_860.0
# An answer may be on its way while the server is asked.
GRACE_S = 5.0
ASKING_TIMEOUT_S = 10.0
# Client: it waits for us, who wait for it; or it is idle, has answered, and the answer is lost.
IS_AT_WORK = """
SELECT count(*) > 0 FROM pg_stat_activity
WHERE pid = %s AND wait_event_type IS DISTINCT FROM 'Client'
"""

Answer = TypeVar("Answer")


class WatchedConnection(psycopg.Connection):
    """A session that gives up on a server which is not at work on what it was asked."""

    _pid = 0
    _conninfo = ""
    _is_given_up = False

    def watch(self, conninfo: str) -> None:
        """Be watched from now on; `conninfo` is what this session was opened with."""
        # Not what libpq knows: between us and the server may be a pooler with numbers of its own.
        [[self._pid]] = self.execute("SELECT pg_backend_pid()").fetchall()
        here = {"host": self.info.host, "port": str(self.info.port)}
        if self.info.hostaddr:
            here["hostaddr"] = self.info.hostaddr
        timeout = f"{ASKING_TIMEOUT_S:.0f}"
        self._conninfo = make_conninfo(conninfo, **here, connect_timeout=timeout)

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        """Wait for what was asked of the server.

        Raises:
            psycopg.OperationalError: it is not at work on it, and no end of it came.
        """
        if not self._pid:
            return super().wait(gen, interval, timeout)
        try:
            with self._watched():
                return super().wait(gen, interval, timeout)
        except psycopg.OperationalError as error:
            if not self._is_given_up:
                raise
            raise psycopg.OperationalError(
                f"the server said nothing for {SILENCE_S / 60:.0f} minutes"
            ) from error

    @contextmanager
    def _watched(self) -> Iterator[None]:
        is_over = threading.Event()
        watchdog = threading.Thread(target=self._watch, args=[is_over], daemon=True)
        watchdog.start()
        try:
            yield
        finally:
            is_over.set()

    def _watch(self, is_over: threading.Event) -> None:
        while not is_over.wait(SILENCE_S):
            if not self._is_at_work() and not is_over.wait(GRACE_S):
                self._is_given_up = True
                # Whoever waits at a socket that is shut is told.
                with suppress(OSError, psycopg.Error), socket.socket(fileno=self._own()) as own:
                    own.shutdown(socket.SHUT_RDWR)
                return

    def _own(self) -> int:
        return socket.dup(self.fileno())

    def _is_at_work(self) -> bool:
        try:
            with _Asking.connect(self._conninfo, autocommit=True) as beside:
                row = beside.execute(IS_AT_WORK, [self._pid]).fetchone()
        except psycopg.OperationalError as error:
            # One that lets nobody in now, as when it is full, does say something.
            return "FATAL:" in str(error)
        return bool(row and row[0])


class _Asking(psycopg.Connection):
    """A session for a question that is answered at once or not at all."""

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        """Wait, but not for long."""
        return super().wait(gen, interval, timeout or ASKING_TIMEOUT_S)
