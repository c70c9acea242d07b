"""Rows of erased accounts, and rows that refer to them: they stay out, whatever else is wrong.

Names count only here: a load brings other people's old files, in which the same person may have
another id. On the platform itself a freed username is free, and whoever was erased may come again.
"""

import polars as pl

from assets.resources.ids_of_kinds import ids_of, of_kind, together
from assets.resources.tombstones import Tombstones, account_email, account_name
from assets.seeding.load.columns import COMMENTS, TABLES, USERS, Table
from assets.seeding.load.parsing import REASON
from schema.erasure import IdKind

ERASED = "erased"
IS_ERASED = pl.col(REASON) == ERASED

Frames = dict[str, pl.DataFrame]


def mark_erased(frames: Frames, tombstones: Tombstones) -> Frames:
    """Give rows that name something erased that reason, before any other."""
    if not tombstones.tokens():
        return frames
    buried = tombstones.erased_ids(_ids_of(frames))
    gone = {kind: _as_text(of_kind(buried, kind)) for kind in IdKind}
    marked: Frames = {}
    for table in TABLES:
        is_named = _names_one_of(table, gone)
        if table is USERS:
            is_named = is_named | _bears_erased_name(frames[table.name], tombstones)
        frame = _mark(frames[table.name], is_named)
        if table is COMMENTS:
            frame = _mark(frame, pl.col("parent_id").is_in(_erased_ids(frame).implode()))
        if kind := _id_columns(table).get("id"):
            gone[kind] = pl.concat([gone[kind], _erased_ids(frame)]).unique()
        marked[table.name] = frame
    return marked


def _mark(frame: pl.DataFrame, is_named: pl.Expr) -> pl.DataFrame:
    erased = pl.when(is_named.fill_null(value=False)).then(pl.lit(ERASED))
    return frame.with_columns(erased.otherwise(REASON).alias(REASON))


def _erased_ids(frame: pl.DataFrame) -> pl.Series:
    return frame.filter(IS_ERASED)["id"].drop_nulls()


def _names_one_of(table: Table, gone: dict[IdKind, pl.Series]) -> pl.Expr:
    return pl.any_horizontal(
        pl.col(name).is_in(gone[kind].implode()) for name, kind in _id_columns(table).items()
    )


def _bears_erased_name(users: pl.DataFrame, tombstones: Tombstones) -> pl.Expr:
    names = users.select(
        username=account_name(pl.col("username")), email=account_email(pl.col("email"))
    )
    gone = tombstones.erased(pl.concat([names["username"], names["email"]])).implode()
    is_named = names["username"].is_in(gone) | names["email"].is_in(gone)
    return pl.lit(is_named)


def _id_columns(table: Table) -> dict[str, IdKind]:
    """Columns whose ids may have a tombstone, and of which kind those are."""
    named = {name: IdKind(target) for name, target in table.references.items()}
    if table is COMMENTS:
        named["parent_id"] = IdKind.COMMENTS
    if table.name in set(IdKind):
        named["id"] = IdKind(table.name)
    return named


def _ids_of(frames: Frames) -> pl.DataFrame:
    found = [
        ids_of(kind, _as_bytes(frames[table.name][name]))
        for table in TABLES
        for name, kind in _id_columns(table).items()
    ]
    return together(found)


def _as_bytes(ids: pl.Series) -> pl.Series:
    return ids.str.replace_all("-", "", literal=True).str.decode("hex")


def _as_text(raw: pl.Series) -> pl.Series:
    digits = raw.bin.encode("hex")
    return digits.str.replace(r"^(.{8})(.{4})(.{4})(.{4})(.{12})$", "$1-$2-$3-$4-$5").alias("id")
