"""Files of a load as frames of text: what the source says, before anyone judges it."""

import csv
import glob
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from assets.resources.computing import calculator
from assets.seeding.load.columns import TABLES, Kind, Table
from assets.seeding.load.decoded_size import (
    most_bytes_of_text,
    refuse_bomb,
    refuse_large_file,
    refuse_many_rows,
)
from assets.seeding.load.floats import (
    KINDS,
    LARGEST,
    holds_whole_numbers,
    text_of,
    without_tails,
)
from assets.seeding.load.other_formats import nearly_named, other_than_commas, other_than_csv
from assets.seeding.load.spilling import ROWS_PER_PIECE, spilled
from schema.errors import ContractError, UsageError

FORMATS = (".parquet", ".csv")
LONGEST_LINE = 16 * 1024 * 1024
INTEGERS = "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT"
MOST_NAMES, LONGEST_NAME = 10, 60
"""Of unknown columns in a message: a file can have millions, and each of megabytes."""
MOMENTS = "DATE TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS TIMESTAMPTZ_NS"
TYPES = {
    Kind.ID: f"{INTEGERS} UUID",
    Kind.TEXT: INTEGERS,
    Kind.BOOLEAN: f"{INTEGERS} BOOLEAN",
    Kind.INTEGER: INTEGERS,
    Kind.DECIMAL: f"{INTEGERS} FLOAT DOUBLE",
    # No FLOAT: it cannot tell a minute from the next.
    Kind.TIMESTAMP: f"{INTEGERS} {MOMENTS} DOUBLE",
    Kind.JSON: "JSON",
}
"""Types of Parquet columns, as DuckDB calls them, that a kind may have; text goes everywhere."""
# How data warehouses write integers.
WHOLE_DECIMAL = r"DECIMAL\(\d+,0\)"


def find_files(directory: Path) -> dict[str, Path]:
    """Find the one file of each table.

    Raises:
        UsageError: there is no such folder to read, a table has no file, or two.
    """
    try:
        present = {path.name: path for path in directory.iterdir() if path.exists()}
    except OSError as error:
        raise UsageError(
            f"{directory} is not a folder that can be read ({error.strerror}): give the one that "
            "holds the files to load"
        ) from None
    found = {
        table.name: [
            present[name] for suffix in FORMATS if (name := f"{table.name}{suffix}") in present
        ]
        for table in TABLES
    }
    if missing := [name for name, paths in found.items() if not paths]:
        near = nearly_named(missing, present)
        raise UsageError(
            f"{directory} lacks {', '.join(missing)}: give each as .parquet or .csv (one with only"
            " the names of the columns when there are no rows)"
            f"{f'. {_told(near)} is not read' if near else ''}"
        )
    for paths in found.values():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise UsageError(f"{directory} holds both {names}: leave the one to load")
    return {name: paths[0] for name, paths in found.items()}


def read_texts(table: Table, path: Path, scratch: Path | None = None) -> pl.DataFrame:
    """Read a file whole, every field as text; an unquoted empty field of a CSV is null.

    Raises:
        UsageError: columns are missing, unknown, or of a type that they cannot have.
        ContractError: the file is damaged, none at all, or of more text than memory can hold.
    """
    with calculator() as engine:
        try:
            _refuse_no_file(path)
            if path.suffix == ".csv":
                return _read_csv(engine, table, path, scratch)
            return _read_parquet(engine, table, path, scratch)
        # RuntimeError: DuckDB's own, of a column whose name is not UTF-8.
        except (duckdb.Error, OSError, UnicodeDecodeError, csv.Error, RuntimeError) as error:
            raise ContractError(f"cannot read {path}: {_damage(path, error)}") from None


def _refuse_no_file(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise ContractError(f"cannot read {path}: it is a folder, a pipe or a device, and no file")


def _read_csv(
    engine: duckdb.DuckDBPyConnection, table: Table, path: Path, scratch: Path | None
) -> pl.DataFrame:
    if other := other_than_csv(path):
        raise ContractError(f"cannot read {path}: {other}")
    refuse_large_file(path, most=most_bytes_of_text())
    with path.open("rb") as lines:
        header = lines.readline(LONGEST_LINE).decode("utf-8-sig")
    names = next(csv.reader([header], strict=True), [])
    if set(names).isdisjoint(table.columns) and (other := other_than_commas(table, header)):
        raise UsageError(f"{path} has {other} between its columns: write it with commas")
    _check_names(table, path, names)
    relation = engine.read_csv(
        glob.escape(str(path)),
        header=True,
        auto_detect=False,
        columns=dict.fromkeys(names, "VARCHAR"),
        sep=",",
        quotechar='"',
        escapechar='"',
        na_values="",
        allow_quoted_nulls=False,
        strict_mode=True,
        max_line_size=LONGEST_LINE,
    )
    empty = [name for name in names if table.columns[name].may_be_empty]
    batches = refuse_many_rows(_batches(relation), table.name, path, most=most_bytes_of_text())
    filled = (batch.with_columns(pl.col(empty).fill_null("")) for batch in batches)
    return without_tails(table, spilled(filled, scratch))


def _read_parquet(
    engine: duckdb.DuckDBPyConnection, table: Table, path: Path, scratch: Path | None
) -> pl.DataFrame:
    # DuckDB answers comparisons from a file's smallest and largest values, which leave NaN out.
    engine.execute("SET disabled_optimizers = 'statistics_propagation'")
    relation = engine.read_parquet(glob.escape(str(path)), hive_partitioning=False)
    _check_names(table, path, relation.columns)
    texts = [_as_text(table, path, relation, name) for name in relation.columns]
    as_text = relation.select(*texts)
    refuse_bomb(as_text, path, most=most_bytes_of_text())
    batches = refuse_many_rows(_batches(as_text), table.name, path, most=most_bytes_of_text())
    return spilled(batches, scratch)


def _batches(texts: duckdb.DuckDBPyRelation) -> Iterator[pl.DataFrame]:
    """All rows, never twice at a time, as DuckDB's and as Polars'."""
    yield pl.DataFrame(schema=dict.fromkeys(texts.columns, pl.String))
    yield from map(pl.DataFrame, texts.to_arrow_reader(ROWS_PER_PIECE))


def _check_names(table: Table, path: Path, names: list[str]) -> None:
    if not names:
        raise ContractError(f"{path} is empty: its first line must name the columns")
    if extra := sorted(set(names) - set(table.columns)):
        known = ", ".join(table.columns)
        is_row = path.suffix == ".csv" and set(names).isdisjoint(table.columns)
        advice = "its first line must name the columns" if is_row else "leave them out"
        raise UsageError(
            f"{path} has columns that {table.name} does not have: {_told(extra)};"
            f" {advice} (the columns are {known})"
        )
    if missing := [name for name in table.required if name not in names]:
        raise UsageError(f"{path} lacks the columns {', '.join(missing)}: {table.name} needs them")
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{path} has the columns {', '.join(repeated)} more than once")


def _told(names: list[str]) -> str:
    shown = [repr(name[:LONGEST_NAME]) for name in names[:MOST_NAMES]]
    more = [f"and {len(names) - MOST_NAMES} more"] if len(names) > MOST_NAMES else []
    return ", ".join([*shown, *more])


def _as_text(
    table: Table, path: Path, relation: duckdb.DuckDBPyRelation, name: str
) -> duckdb.Expression:
    kind, column = table.columns[name].kind, duckdb.ColumnExpression(name)
    dtype = str(relation.types[relation.columns.index(name)])
    if kind is Kind.TAGS and dtype in {"VARCHAR[]", '"NULL"[]'}:
        column = duckdb.FunctionExpression("to_json", column)
    elif kind in KINDS and dtype in LARGEST and holds_whole_numbers(relation, name):
        column = text_of(name).cast("BIGINT")
    elif kind is Kind.TIMESTAMP and dtype == "DOUBLE":
        column = text_of(name)
    elif not _may_have(kind, dtype):
        raise UsageError(
            f"{path}: {name} has the type {dtype}, which does not fit a column of kind"
            f" {kind.value}: write it as text"
        )
    return column.cast("VARCHAR").alias(name)


def _may_have(kind: Kind, dtype: str) -> bool:
    allowed = TYPES.get(kind, "").split()
    return (
        # A column without a single value often has no proper type.
        dtype in {"VARCHAR", '"NULL"', *allowed}
        or ("BIGINT" in allowed and re.fullmatch(WHOLE_DECIMAL, dtype) is not None)
        or (kind is Kind.TIMESTAMP and dtype == "TIMESTAMP WITH TIME ZONE")
        or (kind is Kind.DECIMAL and dtype.startswith("DECIMAL"))
    )


def _damage(path: Path, error: Exception) -> str:
    """What is wrong with a file, in our words: DuckDB's quote what users wrote."""
    said = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", said)
    where = f"line {line[1]} " if line else "it "
    if isinstance(error, UnicodeDecodeError) or "unicode" in said or "string encoding" in said:
        return f"{where}is not UTF-8: save it in that encoding"
    if counts := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", said):
        return f"{where}has {counts[2]} fields, not {counts[1]}"
    if "unterminated quote" in said:
        return f"{where}has a quote that is not closed, or text behind a closing quote"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if path.suffix == ".parquet":
        return "it is damaged, or no Parquet file at all"
    return "it is damaged, or no CSV file with commas and lines that all end alike"
