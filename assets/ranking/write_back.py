"""Scores on their way back into `posts`, a batch at a time, without getting in anyone's way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import polars as pl
import psycopg
from psycopg import sql
from psycopg.errors import LockNotAvailable

from assets.resources.copying import copy_frame
from schema.errors import DatabaseUnavailableError, PartitionLockedError
from schema.sql import load_sql
from schema.windows import DayRange

# Rows locked at a time; each batch is a transaction of its own.
BATCH_ROWS = 10_000

Facts: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class ScoreWriteBack:
    """What a write-back did, in posts."""

    scored: int
    written: int
    posts_left: int
    set_aside: int


def write_scores(
    connection: psycopg.Connection,
    day: date,
    scores: pl.DataFrame,
    *,
    batch_rows: int = BATCH_ROWS,
) -> ScoreWriteBack:
    """Bring `posts.engagement_score` to the scores of a day; everything else drops to 0.

    Only posts whose score differs are written. Interrupted, it resumes: the next call finds what is
    left. The connection must not be in a transaction, or every lock is held until that ends.

    Raises:
        PartitionLockedError: another run is writing scores.
        DatabaseUnavailableError: another session holds a post for longer than `lock_timeout`.
    """
    with _only_writer(connection):
        _stage(connection, scores)
        batches, posts_left, set_aside = _plan(connection, day, batch_rows)
        written = sum(_write_batches(connection, day, batches))
    return ScoreWriteBack(scores.height, written, posts_left, set_aside)


@contextmanager
def _only_writer(connection: psycopg.Connection) -> Iterator[None]:
    if not _fetch(connection, "try_lock_scores")[0][0]:
        raise PartitionLockedError(
            "another run is writing scores to posts: wait until it has ended, then run again"
        )
    try:
        yield
    finally:
        if not connection.closed:
            _fetch(connection, "unlock_scores")


def _stage(connection: psycopg.Connection, scores: pl.DataFrame) -> None:
    with connection.transaction():
        connection.execute("DROP TABLE IF EXISTS pg_temp.staged_scores, pg_temp.score_changes")
        connection.execute(_statement("create_staged_scores"))
        copy_frame(connection, "staged_scores", scores.select("post_id", "engagement_score"))
        connection.execute("ANALYZE staged_scores")


def _plan(connection: psycopg.Connection, day: date, batch_rows: int) -> tuple[int, int, int]:
    """Find what must change; returns batches, posts that left the set, scores without a post."""
    with connection.transaction():
        connection.execute(_statement("create_score_changes"))
        facts = {"batch_rows": batch_rows, "day_end": DayRange(day, day).end}
        connection.execute(_statement("plan_score_changes"), facts)
        connection.execute("ANALYZE score_changes")
        batches, posts_left, set_aside = _fetch(connection, "count_score_changes")[0]
    return batches, posts_left, set_aside


def _write_batches(connection: psycopg.Connection, day: date, batches: int) -> Iterator[int]:
    """Write every batch, then come back for the posts that others held; yields rows written."""
    pending = list(range(batches))
    while pending:
        for batch in pending:
            yield _write(connection, "update_post_scores", {"batch": batch})
        skipped = _fetch(connection, "select_unwritten_scores")
        for batch, post_id in skipped[:1]:
            yield _await(connection, day, {"batch": batch, "post_id": post_id})
        pending = [batch for batch, _ in skipped]


def _await(connection: psycopg.Connection, day: date, facts: Facts) -> int:
    """Wait for one post alone: a session that holds no row is part of no deadlock."""
    try:
        return _write(connection, "update_awaited_score", facts)
    except LockNotAvailable as error:
        raise DatabaseUnavailableError(
            f"another session keeps post {facts['post_id']} locked: the scores of {day} are "
            "written but for the posts that it holds; run the day again to write the rest"
        ) from error


def _write(connection: psycopg.Connection, statement: str, facts: Facts) -> int:
    with connection.transaction():
        return connection.execute(_statement(statement), facts).rowcount


def _fetch(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    with connection.transaction():
        return connection.execute(_statement(statement)).fetchall()


def _statement(name: str) -> sql.SQL:
    return load_sql("assets.ranking", name)
