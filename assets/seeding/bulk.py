"""Bulk inserts into the platform's tables, with their counters set once at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import psycopg
from psycopg import sql

from schema.sql import load_sql

# Column with the last moment at which a row of the table counts; a case counts until its review.
COUNTS_UNTIL = {
    "users": "created_at",
    "posts": "created_at",
    "comments": "created_at",
    "user_followers": "created_at",
    "user_engagement": "created_at",
    "media_files": "created_at",
    "user_sessions": "expires_at",
    "content_moderation": "",
}


@contextmanager
def bulk_inserts(connection: psycopg.Connection) -> Iterator[None]:
    """Make inserts into posts and user_followers cheap, in one transaction.

    Row-wise, the counter of one celebrity is rewritten once per follower, and every rewrite walks
    over the versions before it: quadratic. Here the counter triggers rest, and afterwards the
    counters of the users whose posts or follows changed are set to what the tables say; nothing
    else about those users changes, `updated_at` included. Other writers of the four tables wait.
    """
    with connection.transaction():
        # `note_bulk_days` says of a whole table what triggers would say of every row.
        connection.execute("SET LOCAL sociallive.noted_in_bulk = 'on'")
        connection.execute(load_sql(__package__, "lock_bulk_tables"))
        connection.execute(load_sql(__package__, "create_bulk_counts"))
        connection.execute(load_sql(__package__, "snapshot_bulk_counts"))
        with (
            _trigger_off(connection, "posts", "posts_count_trigger"),
            _trigger_off(connection, "user_followers", "follower_count_trigger"),
        ):
            yield
        connection.execute(load_sql(__package__, "note_restored_posts"))
        with _trigger_off(connection, "users", "update_users_updated_at"):
            connection.execute(load_sql(__package__, "recount_bulk_users"))
        connection.execute("DROP TABLE pg_temp.bulk_counts_before")
        connection.execute("DROP VIEW pg_temp.bulk_counts")


def note_bulk_days(connection: psycopg.Connection, table: str, rows: pl.DataFrame) -> None:
    """Note once which days the rows of a table belong to, for runs that have read them already."""
    if table not in COUNTS_UNTIL or "created_at" not in rows.columns:
        return
    ends_at = rows[COUNTS_UNTIL[table]].max() if COUNTS_UNTIL[table] in rows.columns else None
    span = {"table": table, "first": rows["created_at"].min(), "last": ends_at or "infinity"}
    connection.execute(load_sql(__package__, "note_bulk_days"), span)


@contextmanager
def _trigger_off(connection: psycopg.Connection, table: str, trigger: str) -> Iterator[None]:
    names = {"table": sql.Identifier(table), "trigger": sql.Identifier(trigger)}
    connection.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**names))
    yield
    # Not in a `finally`: after an error the transaction is rolled back, and this with it.
    connection.execute(sql.SQL("ALTER TABLE {table} ENABLE TRIGGER {trigger}").format(**names))
