"""What does it cost PostgreSQL to take the scores of a day? Seconds, WAL, dead tuples, locks.

python -m benchmarks.score_write_back [--posts 300000] [--rounds 3]

All scores, a tenth, or none have changed; written as the pipeline does, by one UPDATE of all posts,
and post by post. Each write has a fresh copy of one database; the ways take turns, and medians are
printed. The longest lock is seen from another session: how long a transaction that writes to
`posts` has been open.
"""

import argparse
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date
from urllib.parse import urlsplit

import polars as pl
import psycopg

from assets.ranking.write_back import write_scores
from assets.resources.copying import copy_frame
from benchmarks.engagement_uniqueness import WAL, number
from benchmarks.servers import throw_away_server
from schema.migrate import migrate

DAY = date(2024, 2, 29)
# Every how many posts one has changed; 0: none.
CHANGES = {"all": 1, "a tenth": 10, "none": 0}
LOOK_EVERY_SECONDS = 0.005
PREPARE = """
INSERT INTO users (id, email, username, password_hash)
SELECT md5('user' || n)::uuid, n || '@example.org', 'user' || n, 'x'
FROM generate_series(0, {posts} / 5) AS n;

INSERT INTO posts (id, user_id, content, engagement_score, created_at)
SELECT
    md5('post' || n)::uuid, md5('user' || n / 5)::uuid, repeat('some words ', 1 + n % 30),
    n % 1000 / 100.0, '2024-02-29'::timestamp - n % 30 * INTERVAL '1 day'
FROM generate_series(0, {posts} - 1) AS n;

ALTER TABLE posts SET (autovacuum_enabled = false);
"""
SCORES = """
SELECT uuid_send(id) AS post_id, engagement_score::float8 AS score FROM posts ORDER BY id
"""
STAGE = "CREATE TEMPORARY TABLE staged (post_id UUID PRIMARY KEY, engagement_score DECIMAL(10, 2))"
UPDATE_ALL = """
UPDATE posts AS p SET engagement_score = staged.engagement_score
FROM staged WHERE p.id = staged.post_id
"""
UPDATE_ONE = "UPDATE posts SET engagement_score = %s WHERE id = %s"
DEAD = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'posts'"
OPEN_FOR = """
SELECT max(extract(EPOCH FROM clock_timestamp() - activity.xact_start))
FROM pg_locks AS held
INNER JOIN pg_stat_activity AS activity USING (pid)
WHERE held.relation = 'posts'::regclass AND held.mode = 'RowExclusiveLock'
    AND activity.pid <> pg_backend_pid()
"""
Write = Callable[[psycopg.Connection, pl.DataFrame], None]


@dataclass(frozen=True, slots=True)
class Cost:
    """What one write took."""

    seconds: float
    wal_mb: float
    dead_tuples: float
    longest_lock: float


def write_ours(session: psycopg.Connection, scores: pl.DataFrame) -> None:
    """Those that differ, in batches."""
    write_scores(session, DAY, scores)


def write_all_at_once(session: psycopg.Connection, scores: pl.DataFrame) -> None:
    """One statement, changed or not."""
    with session.transaction():
        session.execute(STAGE)
        copy_frame(session, "staged", scores)
        session.execute("ANALYZE staged")
        session.execute(UPDATE_ALL)


def write_one_by_one(session: psycopg.Connection, scores: pl.DataFrame) -> None:
    """One statement per post, all in one transaction."""
    ids = scores["post_id"].bin.encode("hex").to_list()
    rows = zip(scores["engagement_score"].to_list(), ids, strict=True)
    with session.transaction(), session.cursor() as cursor:
        cursor.executemany(UPDATE_ONE, rows)


WAYS: dict[str, Write] = {
    "ours": write_ours,
    "one UPDATE … FROM": write_all_at_once,
    "executemany": write_one_by_one,
}


def prepare(url: str, posts: int) -> pl.DataFrame:
    """Fill the database that every write starts from; returns its scores."""
    migrate(url)
    with psycopg.connect(url) as session:
        session.execute(PREPARE.format(posts=posts).encode())
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM (FREEZE, ANALYZE)")
        rows = session.execute(SCORES).fetchall()
    return pl.DataFrame(rows, schema={"post_id": pl.Binary, "score": pl.Float64}, orient="row")


def changed(scores: pl.DataFrame, every: int) -> pl.DataFrame:
    """The scores of the next day: one LIKE more for some posts spread over all."""
    rows = scores.with_row_index("place")
    is_changed = pl.col("place") % every == 0 if every else pl.lit(value=False)
    score = (pl.col("score") + pl.when(is_changed).then(1).otherwise(0)).round(2)
    return rows.select("post_id", engagement_score=score.cast(pl.Decimal(10, 2)))


def measure(url: str, write: Write, scores: pl.DataFrame) -> Cost:
    """Write once."""
    with psycopg.connect(url, autocommit=True) as watcher:
        watcher.execute("CHECKPOINT")
        wal = number(watcher, WAL)
        with longest_lock(url) as seen, psycopg.connect(url, autocommit=True) as session:
            began = time.perf_counter()
            write(session, scores)
            seconds = time.perf_counter() - began
            session.execute("SELECT pg_stat_force_next_flush()")
        megabytes = (number(watcher, WAL) - wal) / 1e6
        return Cost(seconds, megabytes, number(watcher, DEAD), max(seen))


@contextmanager
def longest_lock(url: str) -> Iterator[list[float]]:
    """Look all the time how long any other session's transaction has been writing to `posts`."""
    seen, is_over = [0.0], threading.Event()

    def look() -> None:
        with psycopg.connect(url, autocommit=True) as session:
            while not is_over.wait(LOOK_EVERY_SECONDS):
                (seconds,) = session.execute(OPEN_FOR).fetchone() or (None,)
                seen.append(float(seconds or 0))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def compare(url: str, posts: int, rounds: int) -> dict[tuple[str, str], list[Cost]]:
    """Measure all ways in turn, round after round."""
    measured: dict[tuple[str, str], list[Cost]] = defaultdict(list)
    path = urlsplit(url).path
    prepared, copy = (url.replace(path, f"/{name}", 1) for name in ("prepared", "copy"))
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("CREATE DATABASE prepared TEMPLATE template0")
        scores = prepare(prepared, posts)
        for change, way in [
            (change, way) for _ in range(rounds) for change in CHANGES for way in WAYS
        ]:
            session.execute("CREATE DATABASE copy TEMPLATE prepared")
            cost = measure(copy, WAYS[way], changed(scores, CHANGES[change]))
            measured[change, way].append(cost)
            session.execute("DROP DATABASE copy WITH (FORCE)")
    return measured


def show(measured: dict[tuple[str, str], list[Cost]]) -> None:
    """Print medians."""
    print(
        "| changed | way | seconds | WAL MB | dead tuples | longest lock, s |\n" + "|---" * 6 + "|"
    )
    for (change, way), costs in measured.items():
        facts = [statistics.median(column) for column in zip(*map(astuple, costs), strict=True)]
        seconds, wal, dead, lock = facts
        print(f"| {change} | {way} | {seconds:.1f} | {wal:.1f} | {dead:,.0f} | {lock:.2f} |")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with throw_away_server() as url:
        show(compare(url, given.posts, given.rounds))


if __name__ == "__main__":
    main()
