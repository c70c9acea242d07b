"""Proof that a copy is true: the same sums of digests, asked of PostgreSQL and of the files.

Both sides write every value as the same text, and add up 60 bits of the text's MD5: per column, so
that a difference is named, and per row, so that values which changed places are noticed.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg import sql

from assets.resources.cold_manifest import ColumnProof, Proof
from assets.resources.row_count import Count
from schema.sql import load_sql

COLUMNS = (
    *("id", "user_id", "post_id", "engagement_type", "value", "created_at"),
    *("source", "row_hash", "metadata"),
)
# The row's text ends with the only part that could hold the separator. `source` is a part of it.
WHOLE_ROW = """concat_ws('|', id, user_id, post_id, engagement_type, coalesce(value, '-'),
    created_at, row_hash, coalesce(metadata, ''))"""
IN_POSTGRES = "('x' || substr(md5({text}), 1, 15))::bit(60)::bigint"
IN_DUCKDB = "('0x' || substr(md5({text}), 1, 15))::bigint"
SUMMARY = """
    SELECT count(*), count(DISTINCT id), min(created_at::bigint), max(created_at::bigint), {sums}
    FROM ({texts}) AS texts
"""
TEXTS_OF_FILES = """
    SELECT
        lower(hex(id)) AS id,
        lower(hex(user_id)) AS user_id,
        lower(hex(post_id)) AS post_id,
        engagement_type,
        value::varchar AS value,
        metadata,
        epoch_us(created_at)::varchar AS created_at,
        source,
        row_hash::varchar AS row_hash
    FROM read_parquet($files)
"""
DAYS_OF_FILES = """
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*), sum(row_hash)
    FROM read_parquet($files) GROUP BY day ORDER BY day
"""


def prove_archive(connection: psycopg.Connection, window: dict[str, object]) -> Proof:
    """What PostgreSQL's archive holds of a window of time."""
    query = sql.SQL(_summary(IN_POSTGRES)).format(
        texts=load_sql(__package__, "select_archived_texts")
    )
    return _proof(connection.execute(query, window).fetchone())


def prove_files(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> Proof:
    """What files of the cold store hold, read back by an engine that did not write them."""
    if not paths:
        return Proof(0, 0, None, None, dict.fromkeys((*COLUMNS, "row"), ColumnProof(0, 0)))
    query = _summary(IN_DUCKDB).format(texts=TEXTS_OF_FILES)
    return _proof(connection.execute(query, {"files": _names(paths)}).fetchone())


def count_days(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> dict[date, Count]:
    """Rows and fingerprint of each day that files of the cold store have rows of."""
    if not paths:
        return {}
    rows = connection.execute(DAYS_OF_FILES, {"files": _names(paths)}).fetchall()
    return {day: Count(count, int(fingerprint)) for day, count, fingerprint in rows}


def differing_columns(one: Proof, other: Proof) -> list[str]:
    """In what two proofs differ, in words."""
    facts = {
        "rows": (one.rows, other.rows),
        "distinct ids": (one.distinct_ids, other.distinct_ids),
        "first created_at": (one.first_us, other.first_us),
        "last created_at": (one.last_us, other.last_us),
        **{name: (one.columns[name], other.columns[name]) for name in (*COLUMNS, "row")},
    }
    return [name for name, (here, there) in facts.items() if here != there]


def _summary(digest: str) -> str:
    texts = {name: name for name in COLUMNS} | {"row": WHOLE_ROW}
    sums = [
        f"count({text}), coalesce(sum({digest.format(text=text)}), 0)" for text in texts.values()
    ]
    return SUMMARY.replace("{sums}", ", ".join(sums))


def _proof(row: tuple[Any, ...] | None) -> Proof:
    rows, distinct_ids, first_us, last_us, *sums = row or ()
    columns = {
        name: ColumnProof(values, int(digest))
        for name, values, digest in zip((*COLUMNS, "row"), sums[::2], sums[1::2], strict=True)
    }
    return Proof(rows, distinct_ids, first_us, last_us, columns)


def _names(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths]
