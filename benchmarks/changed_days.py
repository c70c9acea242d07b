"""What does it cost to find the changed days among seven, beside ingesting one of them?

python -m benchmarks.changed_days [--rows-per-day 1000000] [--rounds 3]

Loads seven days of engagement, changes single rows in four of them, and looks for these days in
different ways, which take turns; then what noting the changes costs those who write them.
Left out to load 70 million rows in minutes: foreign keys, the table of keys, and the indexes on
user, post, type and metadata, of which no way reads any. The month is vacuumed, as old months are.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from assets.ingestion.extract import open_reader
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.snapshot import open_snapshot
from benchmarks import noted_writes
from benchmarks.measuring import peak_megabytes
from benchmarks.servers import throw_away_server
from benchmarks.ways_to_find_changes import (
    DAYS,
    MONTH,
    WAYS,
    View,
    changed,
    read_visibility,
    score,
)
from schema.migrate import migrate

POSTS_PER_EVENT = 1 / 40
UNDONE = 1_500
LOADERS = 2
PREPARE = """
CREATE FUNCTION uuid_of(kind TEXT, n BIGINT) RETURNS UUID LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(kind || n)::uuid;

CREATE EXTENSION pg_visibility;

INSERT INTO users (id, email, username, password_hash)
SELECT uuid_of('user', n), n || '@example.org', 'user' || n, 'x'
FROM generate_series(0, 9999) AS n;

SET LOCAL session_replication_role = replica;

INSERT INTO posts (id, user_id, content)
SELECT uuid_of('post', n), uuid_of('user', n % 10000), 'text'
FROM generate_series(0, {posts} - 1) AS n;
"""
# ATTACH would make every index and check every foreign key that the parent has.
BARE = """
ALTER TABLE user_engagement DETACH PARTITION {month};
DROP TABLE {month};
ALTER TABLE user_engagement
DROP CONSTRAINT user_engagement_user_id_fkey, DROP CONSTRAINT user_engagement_post_id_fkey;
DROP INDEX idx_engagement_user_id, idx_engagement_post_id, idx_engagement_type,
    idx_engagement_metadata;
CREATE TABLE {month} (LIKE user_engagement INCLUDING DEFAULTS);
"""
LOAD = """
INSERT INTO {month} (id, user_id, post_id, engagement_type, metadata, created_at)
SELECT
    gen_random_uuid(),
    uuid_of('user', n * 7919 %% 1000000),
    uuid_of('post', n * 104729 %% {posts}),
    CASE
        WHEN n %% 5 = 0 THEN (enum_range(NULL::engagement_type_enum))[1 + (n / 5 %% 6)::int]
        ELSE 'VIEW'
    END,
    CASE WHEN n %% 3 = 0 THEN '{{"source": "feed"}}'::jsonb END,
    %(day)s::timestamp + n * interval '1 day' / {rows}
FROM generate_series(0::bigint, {rows} - 1) AS n
"""
ATTACH = """
ALTER TABLE {month} ADD PRIMARY KEY (id, created_at);
CREATE INDEX ON {month} (created_at);
ALTER TABLE user_engagement ATTACH PARTITION {month}
FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
"""
ADD = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT uuid_of('late {day}', n), uuid_of('post', n), 'LIKE', timestamp '{day} 12:00:00.123457'
FROM generate_series(0, {rows} - 1) AS n
"""
REMOVE_ADDED = "DELETE FROM user_engagement WHERE created_at = '{day} 12:00:00.123457'"
REMOVE_ONE = """
DELETE FROM user_engagement WHERE (id, created_at) IN (
    SELECT id, created_at FROM user_engagement
    WHERE created_at >= timestamp '{day} 06:00' AND created_at < '{day} 18:00' LIMIT 1
)
"""
CHANGE_ONE = """
UPDATE user_engagement SET value = 2 WHERE (id, created_at) IN (
    SELECT id, created_at FROM user_engagement
    WHERE created_at >= timestamp '{day} 06:00' AND created_at < '{day} 18:00' LIMIT 1
)
"""

Measured = dict[str, list[dict[str, float]]]


def load(url: str, rows: int) -> None:
    """Seven days in one month, loaded two at a time."""
    posts = max(int(rows * POSTS_PER_EVENT), 10_000)
    migrate(url)
    with psycopg.connect(url, autocommit=True) as session:
        with session.transaction():
            session.execute(PREPARE.format(posts=posts).encode())
            session.execute(BARE.format(month=MONTH).encode())
        with ThreadPoolExecutor(LOADERS) as threads:
            list(threads.map(lambda day: load_day(url, day, rows, posts), DAYS))
        session.execute("SET maintenance_work_mem = '1GB'")
        session.execute(ATTACH.format(month=MONTH).encode())
        session.execute("VACUUM (FREEZE, ANALYZE)")


def load_day(url: str, day: date, rows: int, posts: int) -> None:
    """Rows in the order of their time, without triggers and indexes."""
    with psycopg.connect(url) as session:
        session.execute(LOAD.format(month=MONTH, rows=rows, posts=posts).encode(), {"day": day})


def plant(url: str) -> set[date]:
    """Change one row in each of four days, and add and remove many in a fifth; return the four."""
    _, added, removed, altered, replaced, undone, _ = DAYS
    statements = [
        (ADD, added),
        (REMOVE_ONE, removed),
        (CHANGE_ONE, altered),
        (REMOVE_ONE, replaced),
        (ADD, replaced),
        (ADD, undone),
        (REMOVE_ADDED, undone),
    ]
    with psycopg.connect(url) as session:
        for statement, day in statements:
            rows = UNDONE if day == undone else 1
            session.execute(statement.format(day=day, rows=rows).encode())
    return {added, removed, altered, replaced}


def look(url: str) -> dict[str, View]:
    """What every way sees now."""
    with psycopg.connect(url, autocommit=True) as session:
        return {name: way(session) for name, way in WAYS.items()}


def ingest(url: str, day: date) -> None:
    """One day's ingest as the pipeline does it; prints its seconds and peak memory as JSON."""
    postgres, began = Postgres(url), time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_snapshot(postgres) as snapshot,
        open_reader(postgres, snapshot) as reader,
    ):
        batches = reader.read("user_engagement", day)
        staged = Lake(Path(folder)).stage("user_engagement", day, batches, fence=1)
        seconds = time.perf_counter() - began
    measured = {"seconds": seconds, "peak_mb": peak_megabytes(), "rows": staged.manifest.rows}
    print(json.dumps(measured))


def ingest_apart(url: str) -> dict[str, float]:
    """The ingest in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "benchmarks.changed_days", "--ingest", url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def time_ways(url: str, rounds: int) -> Measured:
    """Let the ingest and the ways take turns."""
    measured: Measured = defaultdict(list)
    for _ in range(rounds):
        measured["ingest"].append(ingest_apart(url))
        with psycopg.connect(url, autocommit=True) as session:
            for name, way in WAYS.items():
                began = time.perf_counter()
                way(session)
                measured[name].append({"seconds": time.perf_counter() - began})
    return measured


def median(runs: list[dict[str, float]]) -> float:
    """Seconds of the run in the middle."""
    return statistics.median(run["seconds"] for run in runs)


def show(measured: Measured, scores: dict[str, str]) -> None:
    """Print the ingest of one day, and each way's look at seven beside it."""
    ingests = measured["ingest"]
    seconds, rows = median(ingests), ingests[0]["rows"]
    peak = max(run["peak_mb"] for run in ingests)
    speed = f"{seconds:.2f} s, {rows / seconds:,.0f} rows/s, peak {peak:.0f} MB"
    print(f"One day's ingest: {rows:,.0f} rows in {speed}.\n")
    print(f"| seven days | seconds | of one day's ingest | found | false |\n|{'---|' * 5}")
    for name, found in scores.items():
        spent = median(measured[name])
        print(f"| {name} | {spent:.4f} | {spent / seconds:.5f} | {found} |")


def compare(url: str, rows: int, rounds: int) -> None:
    """Load, look, change, look again, and print what was seen and how long it took."""
    began = time.perf_counter()
    load(url, rows)
    print(f"{len(DAYS)} days of {rows:,} rows, loaded in {time.perf_counter() - began:.0f} s.")
    before = look(url)
    planted = plant(url)
    after = look(url)
    scores = {name: score(changed(before[name], after[name]), planted) for name in WAYS}
    show(time_ways(url, rounds), scores)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute("VACUUM (INDEX_CLEANUP ON) user_engagement")
        seen = changed(before["visibility map"], read_visibility(session))
    print(f"\n| visibility map after VACUUM | | | {score(seen, planted)} |")


def main() -> None:
    """Readers first, then writers, on one server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows-per-day", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ingest", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ingest:
        ingest(given.ingest, next(iter(DAYS)))
        return
    with throw_away_server() as url:
        path = urlsplit(url).path
        days, writes = (url.replace(path, f"/{name}", 1) for name in ("days", "writes"))
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CREATE DATABASE days TEMPLATE template0")
            session.execute("CREATE DATABASE writes TEMPLATE template0")
        compare(days, given.rows_per_day, given.rounds)
        noted_writes.measure(writes, noted_writes.ROWS, noted_writes.ROUNDS)


if __name__ == "__main__":
    main()
