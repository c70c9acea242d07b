"""Check a frame against its contract, values included."""

import uuid

import polars as pl
from pandera.errors import SchemaErrors

from schema.errors import ContractError
from schema.tables.columns import ID_BYTES, Contract, conform, polars_schema

EXAMPLES = 3


def validate(frame: pl.DataFrame, contract: type[Contract], *, partition: str) -> pl.DataFrame:
    """Return the frame in the contract's columns and types, or refuse it.

    Raises:
        ContractError: names every broken rule with its column, row count and example ids.
    """
    try:
        conformed = conform(frame, contract)
    except pl.exceptions.PolarsError:
        # Not chained: Polars quotes values, which may be text that users wrote.
        misfits = "; ".join(_misfits(frame, contract))
        raise ContractError(f"{partition} does not fit its contract: {misfits}") from None
    if conformed.is_empty():
        return conformed  # No row breaks a rule; asking each one takes longer than most rows do.
    try:
        checked: pl.DataFrame = contract.validate(conformed, lazy=True)
    except SchemaErrors as error:
        rules = "; ".join(_broken_rules(frame, error.failure_cases))
        raise ContractError(
            f"{partition} breaks its contract: {rules}. Nothing of it was published: "
            "correct these rows at their source and run the day again"
        ) from error
    return checked


def _misfits(frame: pl.DataFrame, contract: type[Contract]) -> list[str]:
    dtypes = polars_schema(contract)
    missing = [f"{name} is missing" for name in dtypes if name not in frame.columns]
    columns = [(frame[name], dtype) for name, dtype in dtypes.items() if name in frame.columns]
    wrong = [f"{c.name}: {c.dtype} as {dtype}" for c, dtype in columns if not _fits(c, dtype)]
    return missing + wrong


def _fits(column: pl.Series, dtype: pl.DataType) -> bool:
    try:
        column.cast(dtype)
    except pl.exceptions.PolarsError:
        return False
    return True


def _broken_rules(frame: pl.DataFrame, failures: pl.DataFrame) -> list[str]:
    rules = failures.group_by("column", "check", maintain_order=True).agg("index")
    return [
        f"{column}: {check}: {_count(len(rows))}{_examples(frame, rows)}"
        for column, check, rows in rules.iter_rows()
    ]


def _examples(frame: pl.DataFrame, rows: list[int | None]) -> str:
    """Name broken rows by id; their values may be text that users wrote."""
    positions = [row for row in rows[:EXAMPLES] if row is not None]
    keys = [name for name, dtype in frame.schema.items() if dtype == pl.Binary]
    if not positions or not keys:
        return ""
    key = keys[0]
    ids = [value for value in frame[key].gather(positions) if value and len(value) == ID_BYTES]
    return f" ({key} {', '.join(str(uuid.UUID(bytes=value)) for value in ids)})" if ids else ""


def _count(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"
