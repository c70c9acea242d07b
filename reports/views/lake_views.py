"""Views over the tables of the lake: their columns from the contracts, their files by manifest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import polars as pl

from assets.resources.file_lists import file_list
from assets.resources.lake import Lake
from assets.resources.parquet import count_lacking
from reports.views.view import Column, View, no_rows, null_of
from schema.metrics import metrics_of
from schema.tables.columns import Contract

DATE = Column("date", "DATE", "UTC day that published the row", "UTC day")
# Where a meaning names its unit: at its end, or before a second clause.
UNIT = re.compile(r"\((count)\)$|, in (LIKEs|hundredths)\b|, (microseconds) since")
TYPES: dict[type[pl.DataType], str] = {
    pl.Binary: "UUID",
    pl.String: "VARCHAR",
    pl.Boolean: "BOOLEAN",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMPTZ",
}
UNITS_OF_TYPES = {"DATE": "UTC day", "TIMESTAMPTZ": "UTC"}
FILES = """
SELECT {columns}
FROM read_parquet({files}, hive_partitioning = true, hive_types = {{'date': DATE}}{more})
"""
BY_NAME = ", union_by_name = true"


def lake_view(lake: Lake, table: str, contract: type[Contract]) -> View:
    """The view of a table, of the same name; it shows exactly what manifests list."""
    told = " ".join((contract.__doc__ or "").split())
    summary, _, rest = told.partition(" Grain: ")
    columns = tuple(contract_columns(table, contract))

    def query() -> str:
        files = lake.files(table, lake.published_days(table))
        return _rows_of(files, contract, columns) if files else no_rows(columns)

    return View(table, rest.split(". ")[0].rstrip("."), summary, columns, query)


def _rows_of(files: Sequence[Path], contract: type[Contract], columns: Sequence[Column]) -> str:
    lacking = count_lacking(files, contract)
    selected = (
        null_of(column) if lacking[column.name] == len(files) else _selected(column)
        for column in columns
    )
    return FILES.format(
        columns=", ".join(selected), files=file_list(files), more=BY_NAME if lacking else ""
    )


def contract_columns(table: str, contract: type[Contract]) -> Iterator[Column]:
    """The columns of a contract as the view shows them, `date` first."""
    described = contract.to_schema().columns
    units = {metric.name: metric.unit for metric in metrics_of(table)}
    if "date" not in described:
        yield DATE
    for name, column in described.items():
        dtype = column.dtype.type
        meaning = (column.description or "").replace(" (UUID, 16 bytes)", "")
        kind = type_in_duckdb(dtype)
        unit = units.get(str(name)) or _unit(meaning, kind)
        yield Column(str(name), kind, meaning.removesuffix(f" ({unit})"), unit)


def type_in_duckdb(dtype: pl.DataType) -> str:
    """The type under which DuckDB shows a column; binaries are ids."""
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    return TYPES[dtype.base_type()]


def lake_views(lake: Lake, tables: Mapping[str, type[Contract]]) -> list[View]:
    """One view per table, in the order of the tables."""
    return [lake_view(lake, table, contract) for table, contract in tables.items()]


def _selected(column: Column) -> str:
    return f"{column.quoted}::UUID AS {column.quoted}" if column.type == "UUID" else column.quoted


def _unit(meaning: str, kind: str) -> str:
    named = UNIT.search(meaning)
    return next(filter(None, named.groups())) if named else UNITS_OF_TYPES.get(kind, "")
