"""Check a frame against its contract, values included."""

import uuid

import polars as pl
from pandera.errors import SchemaErrors

from schema.errors import ContractError
from schema.tables.columns import ID_BYTES, Contract, conform

EXAMPLES = 3


def validate(frame: pl.DataFrame, contract: type[Contract], *, partition: str) -> pl.DataFrame:
    """Return the frame in the contract's columns and types, or refuse it.

    Raises:
        ContractError: names every broken rule with its column, row count and example ids.
    """
    try:
        checked: pl.DataFrame = contract.validate(conform(frame, contract), lazy=True)
    except (pl.exceptions.InvalidOperationError, pl.exceptions.ColumnNotFoundError) as error:
        raise ContractError(f"{partition} does not fit its contract: {error}") from error
    except SchemaErrors as error:
        rules = "; ".join(_broken_rules(frame, error.failure_cases))
        raise ContractError(
            f"{partition} breaks its contract: {rules}. Nothing of it was published: "
            "correct these rows at their source and run the day again"
        ) from error
    return checked


def _broken_rules(frame: pl.DataFrame, failures: pl.DataFrame) -> list[str]:
    rules = failures.group_by("column", "check", maintain_order=True).agg("index")
    return [
        f"{column}: {check}: {len(rows)} rows{_examples(frame, rows)}"
        for column, check, rows in rules.iter_rows()
    ]


def _examples(frame: pl.DataFrame, rows: list[int | None]) -> str:
    """Name broken rows by id; their values may be text that users wrote."""
    positions = [row for row in rows[:EXAMPLES] if row is not None]
    key = frame.columns[0]
    if not positions or frame.schema[key] != pl.Binary:
        return ""
    ids = [value for value in frame[key].gather(positions) if value and len(value) == ID_BYTES]
    return f" ({key} {', '.join(str(uuid.UUID(bytes=value)) for value in ids)})" if ids else ""
