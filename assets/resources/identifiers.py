"""Ids of any text as UUIDs: the same text gives the same UUID everywhere and every time."""

from uuid import UUID

import polars as pl

from assets.resources.computing import compute
from schema.errors import UsageError

# Never to change: every id that was ever loaded hangs on it.
NAMESPACE = UUID("5b0f3d2e-8a56-5c1d-9f47-3e6f0c9d7a21")


def as_uuid(texts: pl.Expr) -> pl.Expr:
    """Map ids to UUIDs: a UUID stays itself, any other text becomes its version 5 UUID."""
    return texts.map_batches(uuids_of, return_dtype=pl.String)


def derived_uuid(*columns: str) -> pl.Expr:
    """Make a UUID of a row's natural key; null where a part is missing."""
    return as_uuid(pl.concat_str(*columns, separator="|"))


def uuids_of(texts: pl.Series) -> pl.Series:
    """Map a series of ids to UUIDs in canonical form; null stays null."""
    distinct = texts.unique().drop_nulls()
    return texts.replace_strict(distinct, _hash(distinct), default=None, return_dtype=pl.String)


def uuid_of(text: str) -> UUID:
    """Map one id, as a person writes it, to the UUID that a load gives it.

    Raises:
        UsageError: the text holds what is no character.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{text!r} is no id: it holds what is no character") from None
    return UUID(uuids_of(pl.Series([text]))[0])


def can_be_stored(text: str) -> bool:
    """Whether PostgreSQL can hold the text: no NUL, no half of a surrogate pair."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def _hash(distinct: pl.Series) -> pl.Series:
    # DuckDB: Polars has no hash that is the same in every version, and Python's goes id by id.
    return compute(__package__, "select_uuids", distinct, namespace=NAMESPACE.bytes).to_series()
