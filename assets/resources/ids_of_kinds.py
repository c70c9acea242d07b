"""Ids (16 bytes), each with its kind: frames of the columns `kind` and `id`, each pair once."""

from collections.abc import Iterable

import polars as pl

from schema.erasure import IdKind

SCHEMA = {"kind": pl.String, "id": pl.Binary}


def ids_of(kind: IdKind, ids: pl.Series) -> pl.DataFrame:
    """Ids that are all of one kind; without nulls."""
    distinct = ids.drop_nulls().unique()
    return pl.DataFrame({"id": distinct}).select(kind=pl.lit(kind.value), id="id")


def no_ids() -> pl.DataFrame:
    """None of any kind."""
    return pl.DataFrame(schema=SCHEMA)


def together(ids: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """All of them, sorted."""
    return pl.concat([no_ids(), *ids]).unique().sort("kind", "id")


def of_kind(ids: pl.DataFrame, kind: IdKind) -> pl.Series:
    """Those of one kind."""
    return ids.filter(pl.col("kind") == kind.value)["id"]


def is_made_of_text(ids: pl.Series) -> pl.Series:
    """Whether an id may be one that a load has made of another text: a UUID of version 5."""
    return ids.bin.encode("hex").str.slice(12, 1) == "5"
