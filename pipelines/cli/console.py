"""What every command says, and how."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)


def say(sentence: str) -> None:
    """Print one line as it is: paths and quoted words may look like markup."""
    console.print(sentence, soft_wrap=True, markup=False)


def show(title: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """Print a small table; columns of numbers are aligned right."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for position, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[position], int) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
