"""The page about all commands, made from the command line itself."""

import inspect
from collections.abc import Iterator

import typer.main

from pipelines.cli.main import app
from pipelines.cli.refusals import FAILED, MISUSED
from schema.markdown import markdown_table

INTRODUCTION = f"""\
# Commands

Made by `make docs` from the command line itself. `sociallive COMMAND --help` says the same.

Exit codes: 0 for success, {MISUSED} for a request that cannot be right, {FAILED} for everything
else that failed. Every refusal is one sentence.
"""
COLUMNS = ("argument or option", "default", "meaning")


def render_commands() -> str:
    """The whole page."""
    commands = sorted(commands_of(app).items())
    return "\n".join([INTRODUCTION, *(_section(name, command) for name, command in commands)])


def commands_of(program: typer.Typer) -> dict[str, typer.core.TyperCommand]:
    """Its commands by name; some are groups of commands."""
    group = typer.main.get_command(program)
    return dict(getattr(group, "commands", {}))


def _section(name: str, command: typer.core.TyperCommand) -> str:
    rows = list(_parameters(command))
    options = f"\n{markdown_table(COLUMNS, rows)}" if rows else ""
    meaning = inspect.cleandoc(command.help or "")
    return f"## {name}\n\n{meaning}\n{options}"


def _parameters(command: typer.core.TyperCommand) -> Iterator[tuple[str, str, str]]:
    for parameter in command.params:
        if parameter.name == "help":
            continue
        is_option = parameter.param_type_name == "option"
        names = [*parameter.opts, *parameter.secondary_opts]
        name = ", ".join(names) if is_option else str(parameter.name).upper()
        default = parameter.default if parameter.default is not None else "none"
        is_flag = is_option and getattr(parameter, "is_flag", False)
        shown = ("yes" if default is True else "no") if is_flag else str(default)
        yield name, shown, str(getattr(parameter, "help", "") or "")
