"""Which engine rolls up a day faster? DuckDB, Polars, and the limit: a scan that only sums.

python -m benchmarks.rollups [--events 5000000] [--rounds 3] [--spark local[*]]

Each measurement is a process of its own, so that its peak memory is its own; the engines take turns
on the same files. Spark takes part where it is named; its peak is that of its driver, which on
local[*] is all of it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from assets.analytics.author_audience_daily import summarize_author_audience
from assets.analytics.coordination import find_coordinated_events, fresh_accounts
from assets.analytics.post_audience_daily import summarize_post_audience
from assets.analytics.post_engagement_daily import summarize_post_engagement
from assets.analytics.post_engagement_hourly import summarize_post_engagement_hourly
from assets.analytics.rows import US_PER_DAY
from assets.analytics.system_metrics import calendar_of
from assets.analytics.user_activity import summarize_user_activity
from assets.analytics.user_analytics import summarize_user_analytics
from assets.resources.engine import Engine, open_engine, run_in_batches
from assets.resources.lake import Lake
from assets.resources.published import Published
from assets.resources.spark_url import parse_spark_url
from schema.tables.columns import Contract, conform, polars_schema
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.posts import Posts
from schema.tables.unfollows import Unfollows
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users
from schema.vocabulary import EngagementType
from schema.windows import DayRange, start_of

DAY = date(2024, 2, 29)
PIECE = 500_000
ACCOUNTS = 1_000_000
FRESH_ACCOUNTS = 30_000
EMPTY: dict[str, type[Contract]] = {
    "posts": Posts,
    "comments": Comments,
    "follows": Follows,
    "unfollows": Unfollows,
}


def make_lake(root: Path, events: int) -> None:
    """One day of random events: 8 % of them likes and so on, authors and posts heavy-tailed."""
    rng = np.random.default_rng(7)
    lake = Lake(root)
    pieces = [random_events(rng, min(PIECE, events - done)) for done in range(0, events, PIECE)]
    lake.publish(lake.stage("user_engagement", DAY, pieces, fence=1))
    for table, contract in EMPTY.items():
        nothing = pl.DataFrame(schema=polars_schema(contract))
        lake.publish(lake.stage(table, DAY, [nothing], fence=1))
    lake.publish(lake.stage("users", DAY, [_fresh_users()], fence=1))


def random_events(rng: np.random.Generator, count: int) -> pl.DataFrame:
    """So many events of the day, as the contract wants them."""
    posts = (rng.pareto(1.2, count) * 300).astype(np.int64) % 300_000
    kinds = rng.choice(list(EngagementType), count, p=[0.08, 0.01, 0.02, 0.8, 0.07, 0.02])
    frame = pl.DataFrame(
        {
            "id": _ids(rng.integers(0, 2**62, count)),
            "user_id": _ids(rng.integers(0, ACCOUNTS, count)),
            "post_id": _ids(posts),
            "author_id": _ids(posts // 3),
            "engagement_type": kinds,
            "value": pl.repeat(1, count, eager=True).cast(pl.Decimal(5, 2)),
            "source": rng.choice(["feed", "profile", "search"], count),
            "created_at": _moments(rng, count),
        }
    )
    return conform(frame, UserEngagement)


def _fresh_users() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": _ids(np.arange(FRESH_ACCOUNTS)),
            "role": pl.repeat("USER", FRESH_ACCOUNTS, eager=True),
            "created_at": pl.repeat(start_of(DAY), FRESH_ACCOUNTS, eager=True),
        }
    )


def _moments(rng: np.random.Generator, count: int) -> pl.Series:
    since_midnight = pl.Series(rng.integers(0, US_PER_DAY, count)).cast(pl.Duration("us"))
    return since_midnight + pl.Series([start_of(DAY)])


def _ids(numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.Series:
    text = pl.Series(numbers).hash(1).cast(pl.String).str.pad_start(32, "0")
    return text.str.decode("hex")


def roll_up(root: Path, engine: Engine) -> int:
    """All rollups of the day, as the pipeline computes them; returns the rows they have."""
    published = Published(Lake(root), engine)
    events = published.scan("user_engagement", UserEngagement, [DAY])
    other = {table: published.scan(table, contract, [DAY]) for table, contract in EMPTY.items()}
    users = published.scan("users", Users, [DAY])
    calendar = published.engine.lazy(calendar_of(DayRange(DAY, DAY)))
    fresh = published.keep(fresh_accounts(users, calendar))
    coordinated = published.keep(find_coordinated_events(events, fresh, keep=published.keep))
    frames = [
        summarize_post_engagement(events),
        summarize_post_engagement_hourly(events, coordinated),
        summarize_post_audience(events, coordinated),
        summarize_author_audience(events),
        summarize_user_activity(events, other["posts"], other["comments"], other["follows"]),
        summarize_user_analytics(events, other["follows"], other["unfollows"]),
    ]
    return sum(rows.height for frame in frames for rows in run_in_batches(frame))


def only_scan(root: Path) -> int:
    """Read the columns that the rollups read, as often as they do, and only add them up."""
    files = [str(path) for path in Lake(root).files("user_engagement", [DAY])]
    statement = (
        "SELECT sum(hash(user_id)), sum(hash(post_id)), sum(hash(author_id)), "
        "sum(hash(engagement_type)), sum(value), sum(hash(source)) FROM read_parquet($files)"
    )
    with duckdb.connect() as connection:
        for _ in range(6):
            connection.execute(statement, {"files": files}).fetchall()
    return 1


CANDIDATES: dict[str, Callable[[Path], int]] = {
    "duckdb": lambda root: roll_up(root, open_engine("duckdb")),
    "polars": lambda root: roll_up(root, open_engine("polars")),
    "scan only": only_scan,
}


def measure(root: Path, candidate: str) -> None:
    """Run one candidate in this process and print its seconds and peak memory as JSON.

    A candidate that is none of ours is an address of Spark.
    """
    start = time.perf_counter()
    if candidate in CANDIDATES:
        CANDIDATES[candidate](root)
    else:
        roll_up(root, open_engine("spark", scratch=root, spark=parse_spark_url(candidate)))
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "peak_mb": peak_megabytes()}))


def peak_megabytes() -> int:
    """Peak of this process and of the Java it has started.

    `ru_maxrss` would begin at that of the process it was forked from.
    """
    me = os.getpid()
    children = Path(f"/proc/{me}/task/{me}/children").read_text(encoding="ascii").split()
    return sum(_peak_megabytes(process) for process in ("self", *children))


def _peak_megabytes(process: str) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


def compare(root: Path, events: int, rounds: int, spark: str | None) -> None:
    """Let the candidates take turns and print the medians."""
    candidates = [*CANDIDATES, *([spark] if spark else [])]
    runs: dict[str, list[dict[str, float]]] = {candidate: [] for candidate in candidates}
    for _ in range(rounds):
        for candidate, results in runs.items():
            command = [sys.executable, "-m", "benchmarks.rollups", "--root", str(root)]
            done = subprocess.run(
                [*command, "--candidate", candidate], capture_output=True, text=True, check=True
            )
            results.append(json.loads(done.stdout))
    limit = statistics.median(result["seconds"] for result in runs["scan only"])
    print(f"| candidate | seconds | million events/s | peak MB | against the scan |\n|{'---|' * 5}")
    for candidate, results in runs.items():
        seconds = statistics.median(result["seconds"] for result in results)
        peak = max(result["peak_mb"] for result in results)
        rate = events / seconds / 1e6
        print(f"| {candidate} | {seconds:.2f} | {rate:.2f} | {peak:.0f} | {seconds / limit:.1f} |")


def main() -> None:
    """Make the day, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--spark", metavar="URL", help="an address of Spark that takes part")
    parser.add_argument("--candidate", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.candidate:
        measure(given.root, given.candidate)
        return
    with tempfile.TemporaryDirectory() as folder:
        make_lake(Path(folder), given.events)
        compare(Path(folder), given.events, given.rounds, given.spark)


if __name__ == "__main__":
    main()
