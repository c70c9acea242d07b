"""How much text a file holds once it is unpacked: a few hundred bytes can hold terabytes."""

import os
from pathlib import Path

import duckdb

from schema.errors import ContractError

# What a text costs beside its own bytes, however short it is, or where there is none.
BYTES_PER_FIELD = 16
# Texts become values, values are sorted by key, and five files are held at once.
SHARE_OF_MEMORY = 4


def most_bytes_of_text() -> int:
    """How much text of one file this machine may hold."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // SHARE_OF_MEMORY


def refuse_large_file(path: Path, *, most: int) -> None:
    """Refuse a plain file that is larger than the text that may be held.

    Raises:
        ContractError: says how large it is.
    """
    _refuse(path, "it takes", path.stat().st_size, most)


def refuse_bomb(texts: duckdb.DuckDBPyRelation, path: Path, *, most: int) -> None:
    """Refuse a packed file of too much text before any of it is held: it is measured in passing.

    Raises:
        ContractError: says how many rows there are, and how large they would be.
    """
    (rows,) = texts.aggregate([duckdb.FunctionExpression("count")]).fetchall()[0]
    takes = f"unpacked, its {rows:,} rows take"
    fields = int(rows) * len(texts.columns) * BYTES_PER_FIELD
    _refuse(path, takes, fields, most)
    lengths = texts.aggregate([_length(name) for name in texts.columns]).fetchall()[0]
    _refuse(path, takes, fields + sum(int(length or 0) for length in lengths), most)


def _length(column: str) -> duckdb.Expression:
    length = duckdb.FunctionExpression("strlen", duckdb.ColumnExpression(column))
    return duckdb.FunctionExpression("sum", length)


def _refuse(path: Path, takes: str, held: int, most: int) -> None:
    if held > most:
        raise ContractError(
            f"cannot read {path}: {takes} {held / 2**30:,.1f} GiB, and {most / 2**30:,.1f} GiB is "
            "the most that is held here at once: load it in parts"
        )
