"""What a scan of a table looks like, whichever engine reads it."""

from typing import Any, TypeAlias

import narwhals as nw
import polars as pl

from schema.tables.columns import Contract, polars_schema

LazyFrame: TypeAlias = nw.LazyFrame[Any]


def scanned_columns(contract: type[Contract]) -> list[str]:
    """Columns of a scan: a folder above the lake may be called `key=value` and add one."""
    return ["date", *(name for name in polars_schema(contract) if name != "date")]


def empty_partition(contract: type[Contract]) -> pl.DataFrame:
    """No rows, in the shape that a scan of the table has."""
    return pl.DataFrame(schema={"date": pl.Date(), **polars_schema(contract)})
