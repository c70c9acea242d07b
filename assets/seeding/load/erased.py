"""Rows of erased accounts, and rows that refer to them: they stay out, whatever else is wrong.

Names count only here: a load brings other people's old files, in which the same person may have
another id. On the platform itself a freed username is free, and whoever was erased may come again.
"""

import polars as pl

from assets.resources.tombstones import Tombstones, account_email, account_name
from assets.seeding.load.columns import COMMENTS, TABLES, USERS, Kind, Table
from assets.seeding.load.parsing import REASON

ERASED = "erased"
IS_ERASED = pl.col(REASON) == ERASED

Frames = dict[str, pl.DataFrame]


def mark_erased(frames: Frames, tombstones: Tombstones) -> Frames:
    """Give rows that name something erased that reason, before any other."""
    if not tombstones.tokens():
        return frames
    gone = _as_text(tombstones.erased(_as_bytes(_ids_of(frames))))
    marked: Frames = {}
    for table in TABLES:
        is_named = _names_one_of(table, gone)
        if table is USERS:
            is_named = is_named | _bears_erased_name(frames[table.name], tombstones)
        frame = _mark(frames[table.name], is_named)
        if table is COMMENTS:
            frame = _mark(frame, pl.col("parent_id").is_in(_erased_ids(frame).implode()))
        gone = pl.concat([gone, _erased_ids(frame)]).unique()
        marked[table.name] = frame
    return marked


def _mark(frame: pl.DataFrame, is_named: pl.Expr) -> pl.DataFrame:
    erased = pl.when(is_named.fill_null(value=False)).then(pl.lit(ERASED))
    return frame.with_columns(erased.otherwise(REASON).alias(REASON))


def _erased_ids(frame: pl.DataFrame) -> pl.Series:
    return frame.filter(IS_ERASED)["id"].drop_nulls()


def _names_one_of(table: Table, gone: pl.Series) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_in(gone.implode()) for name in _id_columns(table))


def _bears_erased_name(users: pl.DataFrame, tombstones: Tombstones) -> pl.Expr:
    names = users.select(
        username=account_name(pl.col("username")), email=account_email(pl.col("email"))
    )
    gone = tombstones.erased(pl.concat([names["username"], names["email"]])).implode()
    is_named = names["username"].is_in(gone) | names["email"].is_in(gone)
    return pl.lit(is_named)


def _id_columns(table: Table) -> list[str]:
    return [name for name, column in table.columns.items() if column.kind is Kind.ID]


def _ids_of(frames: Frames) -> pl.Series:
    found = [frames[table.name][name] for table in TABLES for name in _id_columns(table)]
    return pl.concat([series.alias("id") for series in found]).drop_nulls().unique()


def _as_bytes(ids: pl.Series) -> pl.Series:
    return ids.str.replace_all("-", "", literal=True).str.decode("hex")


def _as_text(raw: pl.Series) -> pl.Series:
    digits = raw.bin.encode("hex")
    return digits.str.replace(r"^(.{8})(.{4})(.{4})(.{4})(.{12})$", "$1-$2-$3-$4-$5").alias("id")
