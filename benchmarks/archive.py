"""What does archiving a month cost those who go on writing? Seconds, locks, latency, lost rows.

python -m benchmarks.archive [--rows 1000000 10000000] [--writers 2] [--rounds 1] [--ways …]

Moves the same month into the archive, ours and by the two statements of the specification, while
writers insert all the time: nearly everything with the time of now, one row in ten with a time of
that month, like rows that grow old between the two statements. Each way has a fresh copy of one
database; the ways take turns. A lock counts from the moment at which the transaction that holds it
began, as another session sees it.
"""

import argparse
import itertools
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

import psycopg

from assets.lifecycle.archive import Pace, archive_engagement
from assets.resources.postgres import Postgres
from benchmarks.engagement_uniqueness import (
    ENGAGEMENTS_PER_POST,
    POSTS_PER_USER,
    WAL,
    number,
)
from benchmarks.servers import throw_away_server
from schema.migrate import migrate

LOOK_EVERY_SECONDS = 0.002
WARM_UP_SECONDS = 1
LEAST_USERS = 100
CUT_OFF = date(2024, 2, 1)
# Divides the month: nearly all of it moves row by row.
DIVIDING_CUT_OFF = date(2024, 1, 31)
ONE_OLD_ROW_IN = 10
PREPARE = """
SET sociallive.noted_in_bulk = 'on';

INSERT INTO users (id, email, username, password_hash)
SELECT md5('user' || n)::uuid, n || '@example.org', 'user' || n, 'x'
FROM generate_series(0, {users} - 1) AS n;

INSERT INTO posts (id, user_id, content)
SELECT md5('post' || n)::uuid, md5('user' || n % {users})::uuid, 'text'
FROM generate_series(0, {posts} - 1) AS n;

INSERT INTO user_engagement (user_id, post_id, engagement_type, metadata, created_at)
SELECT
    md5('user' || (n / {posts} + n) % {users})::uuid,
    md5('post' || n % {posts})::uuid,
    (enum_range(NULL::engagement_type_enum))[1 + n % 6],
    '{{"source": "feed"}}',
    '2024-01-01'::timestamp + n * (INTERVAL '31 days' / {rows})
FROM generate_series(0, {rows} - 1) AS n;
"""
ADD_WRITER = """
INSERT INTO users (id, email, username, password_hash)
VALUES (md5(%(name)s)::uuid, %(name)s || '@example.org', %(name)s, 'x')
"""
WRITE = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
VALUES (
    md5(%(name)s)::uuid, md5('post' || %(post)s::bigint)::uuid, %(kind)s,
    CASE WHEN %(is_old)s THEN '2024-01-31 23:59:59' ELSE now() END
)
"""
KINDS = ("LIKE", "SHARE", "COMMENT", "VIEW", "CLICK", "SAVE")
ARCHIVE_OF_JANUARY = """
CREATE TABLE archived_2024_01 PARTITION OF user_engagement_archive
FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')
"""
SPECIFIED = (
    "INSERT INTO user_engagement_archive SELECT * FROM user_engagement WHERE created_at < %s",
    "DELETE FROM user_engagement WHERE created_at < %s",
)
ROWS = "SELECT count(*) FROM user_engagement_all"
ARCHIVED = "SELECT count(*) FROM user_engagement_archive"
KEYS = "SELECT count(*) FROM user_engagement_keys"
# How long the others' transactions have been open that keep writers from the table or from rows.
HELD_FOR = """
SELECT coalesce(max(extract(EPOCH FROM clock_timestamp() - activity.xact_start)), 0)
FROM pg_locks AS held
INNER JOIN pg_stat_activity AS activity USING (pid)
WHERE held.granted AND held.mode IN ('AccessExclusiveLock', 'RowExclusiveLock')
    AND held.relation IN ('user_engagement'::regclass, 'user_engagement_2024_01'::regclass)
    AND activity.application_name NOT IN ('writer', 'watcher')
"""
Way = Callable[[str], float | None]


@dataclass(slots=True)
class Writing:
    """What a writer saw, or all of them."""

    inserted: int = 0
    failed: int = 0
    longest: float = 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way of archiving took, and what it cost others."""

    seconds: float
    archived_rows: int
    wal_mb: float
    seconds_locked: float | None
    longest_lock: float
    writing: Writing
    lost_rows: int
    lost_keys: int


def archive_ours(url: str) -> float:
    """As `sociallive archive` does it; seconds for which it says to have locked tables."""
    return archive_engagement(Postgres(url), CUT_OFF).seconds_locked


def archive_as_specified(url: str) -> None:
    """Copy, then delete."""
    with psycopg.connect(url, autocommit=True, options="-c TimeZone=UTC") as session:
        session.execute(ARCHIVE_OF_JANUARY)
        for statement in SPECIFIED:
            session.execute(statement.encode(), [CUT_OFF])


def archive_row_by_row(url: str) -> float:
    """As `sociallive archive` does it with a month that the cut-off divides."""
    return archive_engagement(
        Postgres(url), DIVIDING_CUT_OFF, pace=Pace(most_rows=sys.maxsize)
    ).seconds_locked


WAYS: dict[str, Way] = {
    "ours, whole month": archive_ours,
    "ours, divided month": archive_row_by_row,
    "as specified": archive_as_specified,
}


def prepare(url: str, rows: int, writers: int) -> int:
    """Fill the database that every way starts from; returns the number of posts."""
    posts = max(rows // ENGAGEMENTS_PER_POST, LEAST_USERS * POSTS_PER_USER)
    users = max(posts // POSTS_PER_USER, LEAST_USERS)
    migrate(url)
    with psycopg.connect(url, options="-c TimeZone=UTC") as session:
        session.execute(PREPARE.format(rows=rows, users=users, posts=posts).encode())
        for name in writer_names(writers):
            session.execute(ADD_WRITER, {"name": name})
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM (ANALYZE) user_engagement, users, posts")
    return posts


def writer_names(writers: int) -> list[str]:
    """Accounts that go on engaging."""
    return [f"writer{n}" for n in range(writers)]


def measure(url: str, way: Way, posts: int, writers: int) -> Cost:
    """Archive once, beside the writers."""
    with psycopg.connect(url, autocommit=True, application_name="watcher") as watcher:
        watcher.execute("CHECKPOINT")
        rows, keys, wal = (number(watcher, query) for query in (ROWS, KEYS, WAL))
        with writing(url, posts, writers) as seen, longest_lock(url) as locks:
            began = time.perf_counter()
            locked = way(url)
            seconds = time.perf_counter() - began
        inserted = sum(writer.inserted for writer in seen)
        failed = sum(writer.failed for writer in seen)
        return Cost(
            seconds=seconds,
            archived_rows=number(watcher, ARCHIVED),
            wal_mb=(number(watcher, WAL) - wal) / 1e6,
            seconds_locked=locked,
            longest_lock=max(locks),
            writing=Writing(inserted, failed, max(writer.longest for writer in seen)),
            lost_rows=rows + inserted - number(watcher, ROWS),
            lost_keys=keys + inserted - number(watcher, KEYS),
        )


@contextmanager
def writing(url: str, posts: int, writers: int) -> Iterator[list[Writing]]:
    """Insert row after row, each its own transaction, until the block ends."""
    seen, is_over = [Writing() for _ in range(writers)], threading.Event()

    def write(name: str, mine: Writing) -> None:
        options = "-c TimeZone=UTC"
        with psycopg.connect(
            url, autocommit=True, options=options, application_name="writer"
        ) as session:
            for n in itertools.count():
                if is_over.is_set():
                    return
                given = {"name": name, "post": n % posts, "kind": KINDS[n // posts]}
                began = time.perf_counter()
                try:
                    session.execute(WRITE, given | {"is_old": n % ONE_OLD_ROW_IN == 0})
                    mine.inserted += 1
                except psycopg.Error:
                    mine.failed += 1
                mine.longest = max(mine.longest, time.perf_counter() - began)

    pairs = zip(writer_names(writers), seen, strict=True)
    with running([threading.Thread(target=write, args=pair) for pair in pairs]):
        time.sleep(WARM_UP_SECONDS)
        yield seen
        is_over.set()


@contextmanager
def longest_lock(url: str) -> Iterator[list[float]]:
    """Look all the time how long a transaction has been open that writers may wait for."""
    seen, is_over = [0.0], threading.Event()

    def look() -> None:
        with psycopg.connect(url, autocommit=True, application_name="watcher") as session:
            while not is_over.wait(LOOK_EVERY_SECONDS):
                (seconds,) = session.execute(HELD_FOR).fetchone() or (None,)
                seen.append(float(seconds or 0))

    with running([threading.Thread(target=look)]):
        yield seen
        is_over.set()


@contextmanager
def running(threads: list[threading.Thread]) -> Iterator[None]:
    """Threads that have been told to end when the block does."""
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def compare(
    url: str, rows: int, writers: int, rounds: int, ways: Sequence[str]
) -> dict[str, list[Cost]]:
    """Measure the ways in turn, round after round."""
    measured: dict[str, list[Cost]] = defaultdict(list)
    path = urlsplit(url).path
    prepared, copy = (url.replace(path, f"/{name}", 1) for name in ("prepared", "copy"))
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE DATABASE prepared TEMPLATE template0")
        posts = prepare(prepared, rows, writers)
        for way in [way for _ in range(rounds) for way in ways]:
            session.execute("CREATE DATABASE copy TEMPLATE prepared")
            measured[way].append(measure(copy, WAYS[way], posts, writers))
            session.execute("DROP DATABASE copy WITH (FORCE)")
    return measured


def show(measured: dict[str, list[Cost]], rows: int) -> None:
    """Print a line per run, and how large the month was."""
    print(
        "| way | seconds | rows/s | WAL MB | tables locked, s | longest lock, s "
        "| inserts beside it | failed | longest insert, s | rows lost | keys lost |\n"
        + "|---" * 11
        + "|"
    )
    for way, costs in measured.items():
        for cost in costs:
            speed = cost.archived_rows / cost.seconds
            locked = "" if cost.seconds_locked is None else f"{cost.seconds_locked:.3f}"
            print(
                f"| {way} | {cost.seconds:.2f} | {speed:,.0f} | {cost.wal_mb:,.1f} | {locked} "
                f"| {cost.longest_lock:.3f} | {cost.writing.inserted:,} | {cost.writing.failed} "
                f"| {cost.writing.longest:.3f} | {cost.lost_rows:,} | {cost.lost_keys:,} |"
            )
    print(f"\nOf a month of {rows:,} rows.\n")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    given = parser.parse_args()
    for rows in given.rows:
        with throw_away_server() as url:
            show(compare(url, rows, given.writers, given.rounds, given.ways), rows)


if __name__ == "__main__":
    main()
