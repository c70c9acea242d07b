"""The prompt of `sociallive sql`: one query after the other, each over what is published then."""

import readline
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from pipelines.cli.console import console, say
from pipelines.cli.query import describe_view, list_views, session_of, show_answer
from pipelines.cli.signals import EndedError
from pipelines.settings import read_settings
from schema.errors import PipelineError, UsageError

FIRST, NEXT = "sql> ", "...> "
COMMANDS = ".views lists the views, .describe VIEW tells the columns of one, .quit ends"


def prompt() -> None:
    """Answer queries until the input ends; what was asked before comes back by the arrow keys.

    Raises:
        UsageError: a program wrote the queries, and at least one of them was not answered.
    """
    mistakes = 0
    settings = read_settings()
    if sys.stdin.isatty():
        readline.set_history_length(1_000)
        say(f"A query ends with a semicolon. {COMMANDS}.")
    with session_of(settings) as session:
        for text in _asked():
            try:
                _obey(text) if text.startswith(".") else show_answer(session, text)
            except PipelineError as error:
                mistakes += 1
                say_mistake(error)
            except KeyboardInterrupt as asked:
                _stay(asked)
                say("stopped")
    if mistakes and not sys.stdin.isatty():
        raise UsageError(f"{mistakes} of what was asked had no answer: the reasons are above")


def say_mistake(error: PipelineError) -> None:
    """Say why a query had no answer: among the answers only where a person reads both."""
    place = console if sys.stdin.isatty() else Console(stderr=True, highlight=False)
    sentence = escape(" ".join(str(error).split()))
    place.print(f"[red]error:[/red] {sentence}", soft_wrap=not sys.stdin.isatty())


def _obey(command: str) -> None:
    name, _, rest = command.partition(" ")
    if name == ".views":
        list_views()
    elif name == ".describe":
        describe_view(rest.strip())
    else:
        raise UsageError(f"there is no {name}: {COMMANDS}")


def _asked() -> Iterator[str]:
    """Whole queries and commands; Ctrl-C forgets the one that was begun."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(_mark(begun=bool(lines))))
        except EOFError:
            if "".join(lines).strip():
                yield "\n".join(lines)
            return
        except KeyboardInterrupt as asked:
            _stay(asked)
            lines.clear()
            say("")
            continue
        text = "\n".join(lines).strip()
        if text in {".quit", ".exit"}:
            return
        if text.startswith(".") or text.endswith(";"):
            lines.clear()
            yield text
        elif not text:
            lines.clear()


def _stay(asked: KeyboardInterrupt) -> None:
    """Ctrl-C ends what the prompt is about; every other signal ends the prompt."""
    if isinstance(asked, EndedError):
        raise asked


def _mark(*, begun: bool) -> str:
    """Programs that write queries into the command see no prompt."""
    return "" if not sys.stdin.isatty() else NEXT if begun else FIRST
