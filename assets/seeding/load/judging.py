"""Rows against each other and against the database: keys, references, threads of comments.

A row has one reason: the first of a bad field (in the order of the columns), a follow of oneself, a
reference to what is not there, a key the database has already, a key of an earlier row (by
created_at, those without one first, then place in the file), a parent that is not there or itself
cannot go in.
"""

from pathlib import Path

import numpy as np
import polars as pl
import psycopg

from assets.seeding.load.columns import COMMENTS, TABLES, USER_FOLLOWERS, Key, Table
from assets.seeding.load.existing import is_empty, taken
from assets.seeding.load.parsing import REASON, ROW
from assets.seeding.load.spilling import in_pieces, pieces_of

# Of what may be in the database already: both sides of the answer are held in memory.
ROWS_PER_QUESTION = 500_000
DEPTH = "depth"
"""Column of judged comments: a reply is deeper than what it answers."""
ACCEPTED = pl.col(REASON).is_null()
TAKEN = "is in the database already"
IS_TAKEN = pl.col(REASON).str.ends_with(TAKEN)


def judge_rows(
    connection: psycopg.Connection, frames: dict[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """Give each row that cannot go in its reason."""
    judged: dict[str, pl.DataFrame] = {}
    for table in TABLES:
        frame = frames[table.name]
        if table is USER_FOLLOWERS:
            itself = pl.col("follower_id") == pl.col("following_id")
            frame = _reject(frame, itself, "follows itself")
        for column, target in table.references.items():
            frame = _reject_orphans(connection, frame, column, target, judged[target])
        for key in table.keys:
            frame = _reject_taken(connection, frame, key)
            frame = _reject_repeated(frame, key)
        judged[table.name] = frame
        if table is COMMENTS:
            judged[table.name] = _reject_lost_replies(connection, frame)
    return judged


def with_dates(judged: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Date rows without created_at by the oldest one of all files, updated_at by created_at.

    Of rows that go in or are in the database already: others may tell of any time.
    """
    moments = pl.concat(
        [frame.filter(ACCEPTED | IS_TAKEN)["created_at"] for frame in judged.values()]
    )
    oldest = pl.lit(moments.min(), dtype=pl.Datetime("us"))
    return {
        name: frame.with_columns(pl.col("created_at").fill_null(oldest)).with_columns(
            pl.col("^updated_at$").fill_null(pl.col("created_at"))
        )
        for name, frame in judged.items()
    }


def count_undated(judged: dict[str, pl.DataFrame]) -> int:
    """Rows that go in and have no created_at of their own."""
    return sum(frame.filter(ACCEPTED)["created_at"].null_count() for frame in judged.values())


def accepted(table: Table, frame: pl.DataFrame, scratch: Path | None = None) -> pl.DataFrame:
    """The rows that go in, with the table's columns only; replies after what they answer."""
    if DEPTH in frame.columns:
        frame = frame.sort(DEPTH, maintain_order=True)
    return in_pieces(
        frame, lambda piece: piece.filter(ACCEPTED).select(list(table.columns)), scratch
    )


def _reject(frame: pl.DataFrame, wrong: pl.Expr, reason: str) -> pl.DataFrame:
    return frame.with_columns(
        pl.coalesce(REASON, pl.when(wrong).then(pl.lit(reason))).alias(REASON)
    )


def _reject_orphans(
    connection: psycopg.Connection,
    frame: pl.DataFrame,
    column: str,
    target: str,
    targets: pl.DataFrame,
) -> pl.DataFrame:
    there = _ids_there(connection, frame, column, target, targets)
    orphan = ~pl.col(column).is_in(there.implode()) & pl.col(column).is_not_null()
    return _reject(frame, orphan, f"{column} is none of the {target}")


def _ids_there(
    connection: psycopg.Connection,
    frame: pl.DataFrame,
    column: str,
    target: str,
    targets: pl.DataFrame,
) -> pl.Series:
    """Ids that a reference may name: those that go in with this load, and the database's own."""
    loaded = targets.filter(ACCEPTED)["id"]
    named = frame.filter(ACCEPTED, ~pl.col(column).is_in(loaded.implode()))[column]
    strangers = named.drop_nulls().unique().alias("id").to_frame()
    return pl.concat([loaded, taken(connection, target, strangers)["id"]])


def _reject_taken(connection: psycopg.Connection, frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    if is_empty(connection, key.kept_in):
        return frame
    pieces = [_mark_taken(connection, piece, key) for piece in frame.iter_slices(ROWS_PER_QUESTION)]
    is_taken = pl.concat([pl.Series(dtype=pl.Boolean), *pieces])
    return _reject(frame, pl.lit(is_taken), f"{key.name} {TAKEN}")


def _mark_taken(connection: psycopg.Connection, piece: pl.DataFrame, key: Key) -> pl.Series:
    candidates = piece.filter(ACCEPTED).select(key.columns).unique()
    held = taken(connection, key.kept_in, candidates).with_columns(is_taken=True)
    marked = piece.select(key.columns).join(
        held, on=list(key.columns), how="left", maintain_order="left"
    )
    return marked["is_taken"].fill_null(value=False)


def _reject_repeated(frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    suspects = _suspects(frame, key).select(ROW, "created_at", *key.columns)
    if suspects.is_empty():
        return frame
    first = suspects.sort("created_at", ROW).unique(key.columns, keep="first")
    is_later = np.zeros(frame.height + 1, dtype=bool)
    is_later[suspects[ROW].to_numpy()] = True
    is_later[first[ROW].to_numpy()] = False
    return _reject(frame, pl.lit(pl.Series(is_later[1:])), f"{key.name} is that of an earlier row")


def _suspects(frame: pl.DataFrame, key: Key) -> pl.DataFrame:
    """Rows whose key may be that of another: eight bytes tell of nearly all that it is not."""
    outline = pl.struct(key.columns).hash()
    outlines = [piece.filter(ACCEPTED).select(key=outline)["key"] for piece in pieces_of(frame)]
    ordered = pl.concat(outlines).sort()
    repeated = ordered.filter(ordered == ordered.shift(1)).unique()
    if repeated.is_empty():
        return frame.clear()
    of_many = ACCEPTED & outline.is_in(repeated.implode())
    return pl.concat([piece.filter(of_many) for piece in pieces_of(frame)])


def _reject_lost_replies(connection: psycopg.Connection, frame: pl.DataFrame) -> pl.DataFrame:
    there = _ids_there(connection, frame, "parent_id", "comments", frame)
    rows = frame.with_row_index("place")
    places = rows.filter(ACCEPTED).select(parent_id="id", parent_place="place")
    parents = rows.join(places, on="parent_id", how="left", maintain_order="left")
    root, lost = frame.height, frame.height + 1
    is_root = pl.col("parent_id").is_null() | (
        pl.col("parent_place").is_null() & pl.col("parent_id").is_in(there.implode())
    )
    above = parents.select(
        pl.when(~ACCEPTED)
        .then(lost)
        .when(is_root)
        .then(root)
        .otherwise(pl.col("parent_place").fill_null(lost))
        .cast(pl.Int64)
    ).to_series()
    ends, depths = _climb(above.to_numpy())
    frame = frame.with_columns(pl.Series(DEPTH, depths))
    frame = _reject(frame, pl.lit(pl.Series(ends < root)), "parent_id leads round in a circle")
    return _reject(frame, pl.lit(pl.Series(ends == lost)), "parent_id is none of the comments")


def _climb(above: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each thread ends, and how far that is: doubling the stride, whatever the length.

    Rows that answer each other in a circle go round for ever and never reach the root.
    """
    ends = np.append(above, [len(above), len(above) + 1])
    depths = np.append(np.ones(len(above), dtype=np.int64), [0, 0])
    for _ in range(len(ends).bit_length()):
        depths, ends = depths + depths[ends], ends[ends]
    return ends[: len(above)], depths[: len(above)]
