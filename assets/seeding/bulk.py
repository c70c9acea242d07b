"""Bulk inserts into the platform's tables, with their counters set once at the end."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from schema.sql import load_sql


@contextmanager
def bulk_inserts(connection: psycopg.Connection) -> Iterator[None]:
    """Make inserts into posts and user_followers cheap, in one transaction.

    Row-wise, the counter of one celebrity is rewritten once per follower, and every rewrite walks
    over the versions before it: quadratic. Here the counter triggers rest, and afterwards the
    counters of the users whose posts or follows changed are set to what the tables say; nothing
    else about those users changes, `updated_at` included. Other writers of the four tables wait.
    """
    with connection.transaction():
        connection.execute(load_sql(__package__, "lock_bulk_tables"))
        connection.execute(load_sql(__package__, "snapshot_bulk_counts"))
        with (
            _trigger_off(connection, "posts", "posts_count_trigger"),
            _trigger_off(connection, "user_followers", "follower_count_trigger"),
        ):
            yield
        with _trigger_off(connection, "users", "update_users_updated_at"):
            connection.execute(load_sql(__package__, "recount_bulk_users"))
        connection.execute("DROP TABLE pg_temp.bulk_counts_before")


@contextmanager
def _trigger_off(connection: psycopg.Connection, table: str, trigger: str) -> Iterator[None]:
    names = {"table": sql.Identifier(table), "trigger": sql.Identifier(trigger)}
    connection.execute(sql.SQL("ALTER TABLE {table} DISABLE TRIGGER {trigger}").format(**names))
    yield
    # Not in a `finally`: after an error the transaction is rolled back, and this with it.
    connection.execute(sql.SQL("ALTER TABLE {table} ENABLE TRIGGER {trigger}").format(**names))
