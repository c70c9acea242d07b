"""An end to exchanges that the other side never ends: a time-out of reads starts anew with each."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

# A connection that is only made when the time is over is hung up as soon as it is there.
AGAIN_SECONDS = 1


@contextmanager
def hung_up_after(seconds: float, socket_of: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Shut the connection down when the time is over, whatever waits for it then.

    Raises:
        TimeoutError: that is why what was waited for failed.
    """
    is_over, is_hung_up = threading.Event(), threading.Event()

    def watch() -> None:
        wait = seconds
        while not is_over.wait(wait):
            is_hung_up.set()
            _hang_up(socket_of())
            wait = AGAIN_SECONDS

    watchdog = threading.Thread(target=watch, daemon=True)
    watchdog.start()
    try:
        yield
    except Exception as error:
        if is_hung_up.is_set():
            raise TimeoutError(f"it was not over after {seconds:g} s") from error
        raise
    finally:
        is_over.set()
        watchdog.join()


def _hang_up(connection: socket.socket | None) -> None:
    if connection is not None:
        with suppress(OSError):
            # An encrypted socket's own method would first forget that it is encrypted.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)
