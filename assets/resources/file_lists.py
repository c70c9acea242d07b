"""Files as DuckDB's SQL names them: a view takes no parameters, so names are written into it."""

import re
from collections.abc import Iterable
from pathlib import Path

# What a file name must not hold unless it is meant as a pattern.
PATTERN = re.compile(r"([*?\[])")


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def file_pattern(folder: Path, pattern: str) -> str:
    """Files below exactly this folder that match a pattern, as a literal."""
    return literal(f"{verbatim(folder)}/{pattern}")


def file_list(paths: Iterable[Path]) -> str:
    """Exactly these files, as a list of literals."""
    return "[" + ", ".join(literal(verbatim(path)) for path in paths) + "]"


def verbatim(path: Path) -> str:
    """The path as a pattern that matches nothing else."""
    return PATTERN.sub(r"[\1]", str(path))
