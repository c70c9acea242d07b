"""Types shared by the contracts, and the shape a frame must have before it is checked."""

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

import pandera.polars as pa
import polars as pl

Instant = Annotated[pl.Datetime, "us", "UTC"]
Score = Annotated[pl.Decimal, 10, 2]
EventValue = Annotated[pl.Decimal, 5, 2]

# Of each column of a table, the columns that make it up, as `table.column`.
ColumnSources: TypeAlias = Mapping[str, Sequence[str]]

ID_BYTES = 16
GRAIN = re.compile(r"Grain: (\([a-z_, ]+\)|[a-z_]+)")


class Contract(pa.DataFrameModel):
    """Exactly the declared columns, in Polars types."""

    class Config:
        """No undeclared column passes."""

        strict = True

    def __init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401  # as pandera does
        """Take the indentation from its docstring, as Python does from 3.13 on.

        Readers of Markdown take an indented paragraph for code.
        """
        super().__init_subclass__(**options)  # type: ignore[no-untyped-call]  # pandera's
        if cls.__doc__:
            cls.__doc__ = inspect.cleandoc(cls.__doc__)


def identifier(description: str, *, nullable: bool = False) -> Any:  # noqa: ANN401  # as pa.Field
    """Describe a UUID kept as its 16 raw bytes."""
    return pa.Field(nullable=nullable, description=f"{description} (UUID, 16 bytes)")


def unit(name: str) -> dict[str, str]:
    """Name what the amounts of a column are counted or measured in."""
    return {"unit": name}


def grain_of(contract: type[pa.DataFrameModel]) -> tuple[str, ...]:
    """Columns that tell the rows of a table apart, as its docstring says after `Grain:`.

    Of a table without a `date` column, those of one day's partition.
    """
    told = GRAIN.search(contract.__doc__ or "")
    return tuple(re.findall("[a-z_]+", told.group(1))) if told else ()


def conform(frame: pl.DataFrame, contract: type[pa.DataFrameModel]) -> pl.DataFrame:
    """Order and cast the columns of a contract; a value that does not fit becomes an error."""
    dtypes = polars_schema(contract)
    return frame.select(pl.col(name).cast(dtype) for name, dtype in dtypes.items())


def polars_schema(contract: type[pa.DataFrameModel]) -> dict[str, pl.DataType]:
    """Column names and Polars types of a contract, in order."""
    columns = contract.to_schema().columns
    return {str(name): column.dtype.type for name, column in columns.items()}


def nullable_columns(contract: type[pa.DataFrameModel]) -> set[str]:
    """Columns of a contract that may have no value; files of older contracts may lack them."""
    return {str(name) for name, column in contract.to_schema().columns.items() if column.nullable}
