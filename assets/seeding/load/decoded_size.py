"""How much a file takes to be held: a few hundred bytes can be terabytes once they are unpacked."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from assets.resources.memory import allowed_memory
from schema.errors import ContractError

# What a text costs beside its own bytes, however short it is, or where there is none.
BYTES_PER_FIELD = 16
# Texts become values, values are sorted by key, and five files are held at once.
SHARE_OF_MEMORY = 4
# Measured on a million rows and more, and rounded up: what of a row stays in memory while most lies
# on disk. Comments cost most, for their threads are followed.
BYTES_PER_ROW = {"user_engagement": 100, "comments": 500}
BYTES_PER_OTHER_ROW = 200


def most_bytes_of_text() -> int:
    """How much text of one file this process may hold."""
    return allowed_memory() // SHARE_OF_MEMORY


def refuse_many_rows(
    batches: Iterator[pl.DataFrame], table: str, path: Path, *, most: int
) -> Iterator[pl.DataFrame]:
    """Pass on batches of rows until there are more than can be judged in memory.

    Raises:
        ContractError: says how many were read by then.
    """
    rows, each = 0, BYTES_PER_ROW.get(table, BYTES_PER_OTHER_ROW)
    for batch in batches:
        rows += batch.height
        _refuse(path, f"to judge {rows:,} of its rows takes", rows * each, most)
        yield batch


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
