"""Lets every signal that asks a command to end do what Ctrl-C does: what it began is tidied up."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# How soon we ask again after an interruption that nobody heard.
AGAIN_S = 0.01
_asked: list[int] = []
# One for each step under way that comes to its end first.
_begun: list[None] = []


class EndedError(KeyboardInterrupt):
    """The command itself is to end, not only what it is doing."""


class CtrlCError(KeyboardInterrupt):
    """What the command is doing is to end.

    `python -m` remembers a KeyboardInterrupt itself that passed through an `exec` of text, as data
    classes are made by, and ends by SIGINT, though it was answered.
    """


@contextmanager
def ended_by_signals(afterwards: signal.Handlers | None = None) -> Iterator[None]:
    """Be interrupted by Ctrl-C, `kill` and a terminal that closes; not by that under `nohup`.

    `afterwards` is what signals do when it is over; else it is what they did before.
    """
    # Behind `&` in a script SIGINT is ignored, and Dagster gives SIGTERM whatever SIGINT has: after
    # a run in this process, nothing would end us.
    handlers = {signal.SIGINT: _interrupt, signal.SIGTERM: _interrupt, signal.SIGALRM: _ask_again}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        handlers[signal.SIGHUP] = _interrupt
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    heard, sys.unraisablehook = sys.unraisablehook, _insist
    _asked.clear()
    try:
        yield
    finally:
        sys.unraisablehook = heard
        for number, handler in before.items():
            signal.signal(number, handler if afterwards is None else afterwards)


@contextmanager
def finished_first() -> Iterator[None]:
    """Let a step that cannot be taken back come to its end before a signal ends the command."""
    _begun.append(None)
    try:
        yield
    finally:
        _begun.pop()
    if _asked:
        raise EndedError


def asked_to_end() -> bool:
    """Whether a signal came: DuckDB, say, tells an interruption by an error of its own."""
    return bool(_asked)


def end_at_once() -> None:
    """Let whoever asks again not wait for threads that hear nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _asked.append(number)
    if not _begun:
        raise CtrlCError if number == signal.SIGINT else EndedError


def _ask_again(_number: int, _frame: FrameType | None) -> None:
    # During a run, Dagster listens instead of us.
    signal.raise_signal(signal.SIGTERM)


def _insist(unheard: "sys.UnraisableHookArgs") -> None:
    """Python only prints what is raised while an object is forgotten, and goes on."""
    if issubclass(unheard.exc_type, Exception):
        sys.__unraisablehook__(unheard)
    else:
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
