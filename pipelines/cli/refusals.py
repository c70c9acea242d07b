"""How the command says what was wrong: one sentence, and an exit code."""

import re
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

FAILED = 1
MISUSED = 2


def sentence_of(mistake: typer.TyperException) -> str:
    """What was wrong with the words of the command, without the frame that Typer draws round it."""
    said = re.sub(r"\. Did you mean (.*)\?$", r" (did you mean \1?)", mistake.format_message())
    said = said.rstrip(".")
    if not said:  # The command alone: its help is shown, and nothing was wrong.
        sys.exit(MISUSED)
    context = getattr(mistake, "ctx", None)
    command = context.command_path if context else "sociallive"
    return f"{said[0].lower()}{said[1:]}: `{command} --help` says what it takes"


def refuse(message: str, code: int) -> NoReturn:
    """End the command with one sentence and a code."""
    sentence = escape(" ".join(message.split()))
    Console(stderr=True).print(f"[red]error:[/red] {sentence}", soft_wrap=True, highlight=False)
    sys.exit(code)
