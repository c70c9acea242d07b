"""What is known of a view before anything is read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from assets.resources.file_lists import literal


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view: its type in DuckDB, its unit, and what it says."""

    name: str
    type: str
    meaning: str
    unit: str = ""

    @property
    def quoted(self) -> str:
        """The name as SQL writes it; some are words of SQL."""
        return f'"{self.name}"'


@dataclass(frozen=True, slots=True)
class View:
    """A view: one row per `grain`. `query` looks at what is published when it is called."""

    name: str
    grain: str
    description: str
    columns: tuple[Column, ...]
    query: Callable[[], str] = field(repr=False)

    @property
    def summary(self) -> str:
        """The first sentence of the description."""
        return self.description.split(". ")[0].rstrip(".") + "."

    def create(self) -> str:
        """The statement that makes it of what is published now."""
        return self._create(self.query())

    def create_refusing(self, reason: str) -> str:
        """The statement of a view with the same columns that tells every query of it the reason."""
        return self._create(refusing_rows(self.columns, reason))

    def _create(self, query: str) -> str:
        return f"CREATE OR REPLACE VIEW {self.name} AS\n{query.strip()};"

    def comments(self) -> list[str]:
        """Statements that let other tools show what view and columns mean."""
        told = f"{self.description} Grain: {self.grain}."
        comments = [f"COMMENT ON VIEW {self.name} IS {literal(told)};"]
        for column in self.columns:
            said = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
            comments.append(f"COMMENT ON COLUMN {self.name}.{column.quoted} IS {literal(said)};")
        return comments

    def is_named_in(self, text: str) -> bool:
        """Whether a query may read it."""
        return re.search(rf"\b{self.name}\b", text, re.IGNORECASE) is not None


def no_rows(columns: tuple[Column, ...]) -> str:
    """A query without rows, in the shape of the columns."""
    return f"SELECT {', '.join(map(null_of, columns))} WHERE FALSE"


def null_of(column: Column) -> str:
    """No value, in the shape of the column."""
    return f"NULL::{column.type} AS {column.quoted}"


def refusing_rows(columns: tuple[Column, ...], reason: str) -> str:
    """A query in the shape of the columns that fails with the reason, whatever is asked of it."""
    # Of each column and of the rows: neither a filter nor a count gets past it.
    refused = ", ".join(f"refused::{column.type} AS {column.quoted}" for column in columns)
    return f"SELECT {refused}\nFROM (SELECT error({literal(reason)}) AS refused)\nWHERE refused"


def constant_rows(columns: tuple[Column, ...], rows: list[tuple[str, ...]]) -> str:
    """A query that holds its own rows; they are written as SQL already."""
    names = ", ".join(column.quoted for column in columns)
    types = ", ".join(f"{column.quoted}::{column.type} AS {column.quoted}" for column in columns)
    values = ",\n    ".join(f"({', '.join(row)})" for row in rows)
    return f"SELECT {types}\nFROM (VALUES\n    {values}\n) AS facts ({names})"
