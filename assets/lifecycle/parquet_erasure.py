"""Rows of given ids out of Parquet files: which files have some, and what is left of a file."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import polars as pl

from assets.resources.ids_of_kinds import no_ids, of_kind
from assets.resources.parquet import read_batches, scan_files
from schema.erasure import IdKind

FILE = "file of the row"
# Columns of a file, and of which kind the ids in each are.
IdColumns: TypeAlias = Mapping[str, IdKind]


def is_named(columns: IdColumns, schema: Mapping[str, pl.DataType], ids: pl.DataFrame) -> pl.Expr:
    """Whether one of the columns holds one of the ids (`kind`, `id`) of its kind.

    A file may have ids as text, and lack a column that its table has by now.
    """
    found = [
        pl.col(name).is_in(_as_in_file(of_kind(ids, kind), schema[name]).implode())
        for name, kind in columns.items()
        if name in schema
    ]
    return pl.any_horizontal(expr.fill_null(value=False) for expr in found)


def _as_in_file(ids: pl.Series, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.Binary:
        return ids
    return pl.Series([str(UUID(bytes=raw)) for raw in ids], dtype=pl.String)


def count_named(files: Sequence[Path], columns: IdColumns, ids: pl.DataFrame) -> dict[Path, int]:
    """Rows that name one of the ids, of the files that have some: one pass over the id columns."""
    if not files or ids.is_empty():
        return {}
    scan = scan_files(files, include_file_paths=FILE)
    counted = (
        scan.filter(is_named(columns, scan.collect_schema(), ids))
        .group_by(FILE)
        .agg(pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )
    return {Path(name): rows for name, rows in counted.rows()}


def distinct_ids(files: Sequence[Path], columns: IdColumns) -> pl.DataFrame:
    """Every id that the columns of the files hold with its kind, each pair once."""
    if not files:
        return no_ids()
    scan = scan_files(files)
    held = scan.collect_schema()
    found = [
        scan.select(kind=pl.lit(kind.value), id=name).unique()
        for name, kind in columns.items()
        if name in held
    ]
    return pl.concat(found).unique().collect(engine="streaming").drop_nulls()


def owned_ids(files: Sequence[Path], owned: tuple[str, str], owners: pl.Series) -> pl.Series:
    """Ids of things whose owner is one of these."""
    owner, thing = owned
    if not files:
        return pl.Series(dtype=pl.Binary)
    scan = scan_files(files)
    found = scan.filter(pl.col(owner).is_in(owners.implode())).select(pl.col(thing).unique())
    return found.collect(engine="streaming")[thing]


def rows_kept(
    files: Iterable[Path],
    columns: IdColumns,
    ids: pl.DataFrame,
    *,
    counts_for: str | None,
    removed: Counter[bytes | None],
) -> Iterator[pl.DataFrame]:
    """The rows of files that name none of the ids, in their order.

    The others are counted by the column `counts_for`, all together where there is none.
    """
    for batch in read_batches(files):
        named = is_named(columns, batch.schema, ids)
        gone = batch.filter(named)
        whose = gone[counts_for] if counts_for else [None] * gone.height
        removed.update(whose)
        yield batch.filter(~named)
