"""Numbers that a program wrote as floats, as pandas does where a neighbour has no value."""

import duckdb
import polars as pl

from assets.seeding.load.columns import Kind, Table

# Beyond, neighbouring whole numbers are the same float: two ids would become one.
LARGEST = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""By the type of a Parquet column, as DuckDB calls it."""
KINDS = (Kind.ID, Kind.INTEGER, Kind.TIMESTAMP)
"""Of whole numbers, but for unix times of parts of a second."""
TAIL = r"^([+-]?\d{1,16})\.0$"


def text_of(name: str) -> duckdb.Expression:
    """A column of floats as text, null where it is NaN: what pandas has where there is no value."""
    text = duckdb.ColumnExpression(name).cast("VARCHAR")
    return duckdb.FunctionExpression("nullif", text, duckdb.ConstantExpression("nan"))


def holds_whole_numbers(relation: duckdb.DuckDBPyRelation, name: str) -> bool:
    """Whether each value of a column of floats is a whole number, and told from its neighbours."""
    dtype = str(relation.types[relation.columns.index(name)])
    largest = duckdb.ConstantExpression(LARGEST[dtype])
    value = duckdb.ColumnExpression(name)
    size = duckdb.FunctionExpression("abs", value)
    is_whole = (value == duckdb.FunctionExpression("trunc", value)) & (size < largest)
    numbers = relation.filter(~duckdb.FunctionExpression("isnan", value))
    (all_whole,) = numbers.aggregate([duckdb.FunctionExpression("bool_and", is_whole)]).fetchall()
    return all_whole[0] is not False


def without_tails(table: Table, texts: pl.DataFrame) -> pl.DataFrame:
    """Write ids as integers where all of a column end in ".0": `12.0` must name the row `12`."""
    ids = [name for name in texts.columns if table.columns[name].kind is Kind.ID]
    floats = [name for name in ids if _all_have_tails(texts[name])]
    return texts.with_columns(pl.col(floats).str.replace(TAIL, "$1"))


def _all_have_tails(texts: pl.Series) -> bool:
    there = texts.drop_nulls()
    # The first tells of nearly all files that they have none.
    return bool(there.head(1).str.contains(TAIL).any() and there.str.contains(TAIL).all())
