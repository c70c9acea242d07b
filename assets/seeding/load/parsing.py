"""Text into values: each row understood on its own, or given the first reason why it cannot be."""

from functools import partial
from pathlib import Path

import polars as pl

from assets.resources.computing import compute
from assets.resources.copying import array_literal
from assets.resources.identifiers import as_uuid, derived_uuid
from assets.seeding.load.arrays import items_of
from assets.seeding.load.columns import UNDELIVERABLE, Column, Kind, Table
from assets.seeding.load.spilling import in_pieces

ROW, REASON = "row", "reason"
"""Columns that a judged frame has beside those of its table: number in the file, from 1, and why
the row cannot go in (null: it can)."""
BOOLEANS = dict.fromkeys(("true", "t", "yes", "y", "on", "1"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "off", "0"), False
)
# The index on tags (GIN) takes no more per text, and would refuse the whole load.
LONGEST_TAG_BYTES = 2600
HAS_NUL = "contains a NUL character"
# pandas writes a column of integers with a null as floats.
FLOAT_TAIL = r"^([+-]?\d+)\.0+$"
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**31), 2**31 - 1


def parse_rows(table: Table, texts: pl.DataFrame, scratch: Path | None = None) -> pl.DataFrame:
    """Turn a frame of texts into the table's columns, all of them, and `row` and `reason`."""
    frame = in_pieces(texts, partial(_parse_piece, table), scratch)
    rows = pl.int_range(1, texts.height + 1, eager=True).alias(ROW)
    return frame.insert_column(0, rows)


def _parse_piece(table: Table, texts: pl.DataFrame) -> pl.DataFrame:
    reason = pl.repeat(None, texts.height, dtype=pl.String, eager=True).alias(REASON)
    values = []
    for name, column in table.columns.items():
        parsed = _parse(column, _given(texts, name))
        values.append(parsed["value"].alias(name))
        if parsed["problem"].null_count() < texts.height:
            reason = pl.select(pl.coalesce(reason, f"{name} " + parsed["problem"])).to_series()
    return _completed(table, pl.DataFrame([reason.alias(REASON), *values]))


def _given(texts: pl.DataFrame, name: str) -> pl.Series:
    if name in texts.columns:
        return texts[name]
    return pl.repeat(None, texts.height, dtype=pl.String, eager=True)


def _parse(column: Column, texts: pl.Series) -> pl.DataFrame:
    """Values and problems of one column."""
    if column.kind is not Kind.TEXT:
        texts = texts.set(texts.str.strip_chars() == "", None)
    elif column.required and not column.may_be_empty:
        texts = texts.set(texts == "", None)
    parsed = _understood(column, texts)
    if not column.required:
        return parsed
    missing = pl.when(pl.lit(texts).is_null()).then(pl.lit("is missing"))
    return parsed.with_columns(problem=pl.coalesce(missing, "problem"))


def _understood(column: Column, texts: pl.Series) -> pl.DataFrame:
    given = texts.alias("value").to_frame()
    value = pl.col("value")
    match column.kind:
        case Kind.ID:
            return _judged(given, as_uuid(value))
        case Kind.TEXT:
            return _text(given, column.longest)
        case Kind.CHOICE:
            allowed = value.is_in(column.choices)
            return _judged(given, value, (~allowed, f"is none of {', '.join(column.choices)}"))
        case Kind.BOOLEAN:
            known = value.str.to_lowercase().replace_strict(
                BOOLEANS, default=None, return_dtype=pl.Boolean
            )
            return _judged(given, known, (known.is_null(), "is neither true nor false"))
        case Kind.INTEGER:
            whole = value.str.strip_chars().str.replace(FLOAT_TAIL, "$1")
            number = whole.cast(pl.Int64, strict=False)
            fits = number.is_between(SMALLEST_INTEGER, LARGEST_INTEGER).fill_null(value=False)
            return _judged(given, number, (~fits, "is not an integer of 32 bits"))
        case _:
            return _computed(column, texts.str.strip_chars())


def _computed(column: Column, texts: pl.Series) -> pl.DataFrame:
    match column.kind:
        case Kind.DECIMAL:
            too_large = pl.when(pl.col("value").abs() >= column.below).then(pl.lit("is too large"))
            return compute(__package__, "parse_decimals", texts).with_columns(
                problem=pl.coalesce("problem", too_large)
            )
        case Kind.TIMESTAMP:
            return compute(__package__, "parse_timestamps", texts).cast(
                {"value": pl.Datetime("us")}
            )
        case Kind.TAGS:
            return _tags(texts)
        case _:
            return compute(__package__, "parse_json", texts)


def _tags(texts: pl.Series) -> pl.DataFrame:
    from_json = compute(__package__, "parse_tags", texts).to_series()
    tags = pl.coalesce(pl.lit(from_json), items_of(pl.col("value")))
    longest = tags.list.eval(pl.element().str.len_bytes()).list.max()
    return _judged(
        texts.alias("value").to_frame(),
        array_literal(tags),
        (tags.is_null(), "is not a list of texts"),
        (tags.list.join("", ignore_nulls=True).str.contains("\0", literal=True), HAS_NUL),
        (longest > LONGEST_TAG_BYTES, f"holds a text of more than {LONGEST_TAG_BYTES} bytes"),
    )


def _text(given: pl.DataFrame, longest: int | None) -> pl.DataFrame:
    value = pl.col("value")
    problems = [(value.str.contains("\0", literal=True), HAS_NUL)]
    if longest is not None:
        problems.append((value.str.len_chars() > longest, f"is longer than {longest} characters"))
    return _judged(given, value, *problems)


def _judged(given: pl.DataFrame, value: pl.Expr, *problems: tuple[pl.Expr, str]) -> pl.DataFrame:
    """The value, and the first problem that a field which is there has."""
    found = [
        pl.when(pl.col("value").is_not_null() & wrong).then(pl.lit(text))
        for wrong, text in problems
    ]
    return given.select(value=value, problem=pl.coalesce(*found, pl.lit(None, dtype=pl.String)))


def _completed(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """Give rows without an id, and those without what the schema has a default for, theirs."""
    made = derived_uuid(*table.natural_key)
    frame = frame.with_columns(
        pl.col("id") if frame["id"].null_count() == 0 else pl.coalesce("id", made)
    )
    frame = frame.with_columns(
        pl.col(name).fill_null(pl.lit(column.default))
        for name, column in table.columns.items()
        if column.default is not None
    )
    if "email" not in table.columns:
        return frame
    email = pl.when(pl.col("email") != "").then("email")
    return frame.with_columns(email=email.fill_null(pl.col("id") + UNDELIVERABLE))
