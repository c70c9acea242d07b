"""The read timeout of a session: after how long it gives up on a server that says nothing, and how.

Keep-alive settles hosts that are dead. Behind a proxy that hangs, or of a server that was stopped,
the other end still answers to that, and whoever waits would wait for ever.
"""

import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import adbc_driver_manager
import psycopg
from psycopg.abc import PQGen

# A statement that hangs must not hang for ever; longer than the longest write of a day.
STATEMENT_TIMEOUT_MS = 1_800_000
# By then the server has ended the statement by its time-out, and has said so.
READ_TIMEOUT_S = STATEMENT_TIMEOUT_MS / 1_000 + 60
OPEN_FILES = Path("/dev/fd")

Answer = TypeVar("Answer")


class BoundedConnection(psycopg.Connection):
    """A session that waits no longer than `READ_TIMEOUT_S` for an answer to be complete.

    Psycopg bounds each answer as a whole, talking server or not; but a statement's own time-out is
    shorter, so that only a server which does not even say that it has passed is given up here.
    """

    def wait(
        self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None
    ) -> Answer:
        """Wait for what was asked of the server.

        Raises:
            psycopg.OperationalError: no end of it came; the session is closed.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        began = time.monotonic()
        try:
            return super().wait(gen, interval, READ_TIMEOUT_S)
        except psycopg.OperationalError as error:
            if time.monotonic() - began < READ_TIMEOUT_S:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError(_told()) from error


@dataclass(slots=True)
class Watchdog:
    """Bounds a driver that shows no socket, by those to its server that are opened from now on."""

    peer: object
    before: frozenset[tuple[int, int]]
    is_cut: bool = False

    def bounded(self, call: Callable[[], Answer]) -> Answer:
        """What the driver's call returns, if the server answers.

        Raises:
            OSError: nothing came; the connections are ended.
        """
        timer = threading.Timer(READ_TIMEOUT_S, self._cut)
        timer.daemon = True
        timer.start()
        try:
            return call()
        except (adbc_driver_manager.Error, OSError) as error:
            if self.is_cut:
                raise OSError(_told()) from error
            raise
        finally:
            timer.cancel()

    def _cut(self) -> None:
        """Whoever waits at a socket that is shut is told."""
        self.is_cut = True
        for found in _sockets_to(self.peer) - self.before:
            with suppress(OSError), _borrowed(found[0]) as found_socket:
                found_socket.shutdown(socket.SHUT_RDWR)


def watchdog_beside(session: psycopg.Connection) -> Watchdog:
    """For connections to the server of that session."""
    with _borrowed(session.fileno()) as own:
        peer = own.getpeername()
    return Watchdog(peer, _sockets_to(peer))


def _told() -> str:
    return f"the server said nothing for {READ_TIMEOUT_S / 60:.0f} minutes"


def _sockets_to(peer: object) -> frozenset[tuple[int, int]]:
    """Descriptors and, as those are used again, what they stand for."""
    return frozenset(_find_sockets(peer))


def _find_sockets(peer: object) -> Iterator[tuple[int, int]]:
    for file in OPEN_FILES.iterdir():
        with suppress(OSError):
            facts = os.fstat(descriptor := int(file.name))
            if stat.S_ISSOCK(facts.st_mode):
                with _borrowed(descriptor) as found:
                    if found.getpeername() == peer:
                        yield descriptor, facts.st_ino


@contextmanager
def _borrowed(descriptor: int) -> Iterator[socket.socket]:
    """Another's socket, which stays open."""
    with socket.socket(fileno=os.dup(descriptor)) as borrowed:
        yield borrowed
