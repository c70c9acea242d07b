"""What does it cost to keep engagement unique across partitions?

Loads the same rows in batches into `user_engagement`, kept unique three ways: not at all, within
each month by an index, and across all months by `user_engagement_keys`. Each load has a fresh copy
of one database; the ways take turns, and medians are printed.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from benchmarks.servers import throw_away_server
from schema.migrate import migrate

BATCH_ROWS = 10_000
POSTS_PER_USER = 5
ENGAGEMENTS_PER_POST = 20
MOST_ENGAGEMENTS_PER_POST = 50
NO_KEYS = "ALTER TABLE user_engagement DISABLE TRIGGER claim_engagement_key"
LEAF_INDEX = "CREATE UNIQUE INDEX ON {} (user_id, post_id, engagement_type)"
MONTHS = ("user_engagement_2024_01", "user_engagement_2024_02")
WAYS = {
    "not unique": (NO_KEYS,),
    "unique within a month": (NO_KEYS, *(LEAF_INDEX.format(month) for month in MONTHS)),
    "unique (ours)": (),
}
# Ids are random, as the platform's are; no key comes twice, and months mix as late rows do.
PREPARE = """
CREATE FUNCTION uuid_of(kind TEXT, n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE
RETURN md5(kind || n)::uuid;

INSERT INTO users (id, email, username, password_hash)
SELECT uuid_of('user', n), n || '@example.org', 'user' || n, 'x'
FROM generate_series(0, {users} - 1) AS n;

INSERT INTO posts (id, user_id, content)
SELECT uuid_of('post', n), uuid_of('user', n % {users}), 'text'
FROM generate_series(0, {posts} - 1) AS n;

CREATE TABLE staged AS
SELECT
    row_number() OVER (ORDER BY md5(n::text)) AS position,
    uuid_of('user', (n / {posts} + n) % {users}) AS user_id,
    uuid_of('post', n % {posts}) AS post_id,
    (enum_range(NULL::engagement_type_enum))[1 + n % 6] AS engagement_type,
    '2024-01-01'::timestamp + (n % 59) * INTERVAL '1 day' AS created_at
FROM generate_series(0, {rows} - 1) AS n;

CREATE INDEX ON staged (position);
"""
LOAD = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT user_id, post_id, engagement_type, created_at
FROM staged WHERE position > %(first)s AND position <= %(last)s
"""
WAL = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One load of all rows."""

    rows_per_second: float
    wal_bytes_per_row: float
    disk_bytes_per_row: float


def prepare(url: str, rows: int) -> None:
    """Fill the database that every load starts from."""
    users = max(rows // ENGAGEMENTS_PER_POST // POSTS_PER_USER, MOST_ENGAGEMENTS_PER_POST)
    posts = users * POSTS_PER_USER  # so that the users of a post differ
    migrate(url)
    with psycopg.connect(url) as session:
        session.execute(PREPARE.format(rows=rows, posts=posts, users=users).encode())
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM ANALYZE")


def measure(url: str, rows: int, statements: tuple[str, ...]) -> Measurement:
    """Load all rows in batches, each its own transaction."""
    with psycopg.connect(url, autocommit=True) as session:
        for statement in statements:
            session.execute(statement.encode())
        session.execute("CHECKPOINT")
        size, wal, began = number(session, SIZE), number(session, WAL), time.perf_counter()
        for first in range(0, rows, BATCH_ROWS):
            session.execute(LOAD, {"first": first, "last": first + BATCH_ROWS})
        seconds = time.perf_counter() - began
        written, grown = number(session, WAL) - wal, number(session, SIZE) - size
        assert number(session, "SELECT count(*) FROM user_engagement") == rows
    return Measurement(rows / seconds, written / rows, grown / rows)


def number(session: psycopg.Connection, query: str) -> int:
    """The one number that a query gives."""
    row = session.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def compare(url: str, rows: int, rounds: int) -> dict[str, list[Measurement]]:
    """Measure all ways in turn, round after round."""
    measured: dict[str, list[Measurement]] = {way: [] for way in WAYS}
    path = urlsplit(url).path
    prepared, copy = (url.replace(path, f"/{name}", 1) for name in ("prepared", "copy"))
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE DATABASE prepared TEMPLATE template0")
        prepare(prepared, rows)
        for _ in range(rounds):
            for way, statements in WAYS.items():
                session.execute("CREATE DATABASE copy TEMPLATE prepared")
                measured[way].append(measure(copy, rows, statements))
                session.execute("DROP DATABASE copy WITH (FORCE)")
    return measured


def show(measured: dict[str, list[Measurement]]) -> None:
    """Print medians, and the time beside that of the first way."""
    print(f"{'':24}{'rows/s':>10}{'time':>8}{'WAL B/row':>12}{'disk B/row':>12}")
    base = 0.0
    for way, loads in measured.items():
        speed = statistics.median(load.rows_per_second for load in loads)
        wal = statistics.median(load.wal_bytes_per_row for load in loads)
        disk = statistics.median(load.disk_bytes_per_row for load in loads)
        base = base or speed
        print(f"{way:24}{speed:10,.0f}{base / speed:7.2f}x{wal:12,.0f}{disk:12,.0f}")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with throw_away_server() as url:
        show(compare(url, arguments.rows, arguments.rounds))


if __name__ == "__main__":
    main()
