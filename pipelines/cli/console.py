"""What every command says, and how."""

from collections.abc import Sequence
from typing import Literal

from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
# Of a table that goes to a file or another program: nothing there is too narrow for it.
WIDEST = 500
# Of a screen: below, lines between the columns would take the place that dates need.
WIDE_ENOUGH = 100


def say(sentence: str) -> None:
    """Print one line as it is: paths and quoted words may look like markup."""
    console.print(sentence, soft_wrap=True, markup=False)


def show(title: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Print a small table; columns of numbers are aligned right.

    Names, in the first column, are never cut; where the screen is narrow, the other columns wrap.
    """
    is_narrow = console.is_terminal and console.width < WIDE_ENOUGH
    table = Table(
        box=None if is_narrow else HEAVY_HEAD,
        pad_edge=not is_narrow,
    )
    for position, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[position], int) for row in rows)
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(column, justify=justify, no_wrap=position == 0, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    screen = console if console.is_terminal else Console(file=console.file, width=WIDEST)
    # Above the table: its own title is as narrow as it is.
    screen.print(title, style="bold", highlight=False, markup=False)
    screen.print(table, highlight=False)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
