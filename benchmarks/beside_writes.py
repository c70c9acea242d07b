"""Do the platform's own writes notice a large day being run beside them?

python -m benchmarks.beside_writes [--events 10000000] [--accounts 1000000] [--rate 200]

pgbench writes views, likes, comments, posts and follows of today all the while, at a steady rate,
while the pipeline runs a day of the past on the same machine. A latency is that of one write, from
the moment it was due: who waits because others wait is counted.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import psycopg

from assets.resources.embedded_binaries import find_package
from benchmarks import daily_run
from benchmarks.generated_engagement import EVENTS_PER_POST, make_days
from benchmarks.measuring import show, take_turns
from benchmarks.servers import postmaster_of, throw_away_server

WRITES = Path(__file__).with_name("sql") / "live_writes"
# Out of a hundred writes.
SHARES = {"view": 80, "like": 14, "comment": 3, "post": 1, "follow": 2}
CLIENTS = 8
FOREVER_S = 7 * 24 * 3600
# Of pgbench's log.
COLUMNS = ["client", "transaction", "microseconds", "script", "at_second", "and_microsecond", "lag"]
AUTHORS = "SELECT count(DISTINCT user_id) FROM posts"


@contextmanager
def live_writes(url: str, log: Path, given: argparse.Namespace) -> Iterator[None]:
    """Write as the platform does, until the block ends; every write is in the log."""
    facts = {
        "accounts": given.accounts,
        "posts": given.events // EVENTS_PER_POST,
        "kind": f"'post of {daily_run.FIRST}'",
    }
    command: list[str | Path] = [
        *(find_package().program("pgbench"), "--no-vacuum", f"--time={FOREVER_S}"),
        *(f"--client={CLIENTS}", f"--rate={given.rate}", "--log", f"--log-prefix={log}"),
        *(f"--define={name}={value}" for name, value in facts.items()),
        *(f"--file={WRITES / name}.sql@{share}" for name, share in SHARES.items()),
        url,
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as writing:
        try:
            yield
            if writing.poll() is not None:
                raise SystemExit(f"pgbench ended by itself:\n{writing.communicate()[0]}")
        finally:
            writing.terminate()


def latencies_ms(log: Path) -> pl.Series:
    """Of every write in the log."""
    [file] = log.parent.glob(f"{log.name}.*")
    lines = pl.read_csv(
        file, separator=" ", has_header=False, new_columns=COLUMNS, truncate_ragged_lines=True
    )
    return lines["microseconds"] / 1000


def show_latencies(phases: dict[str, tuple[pl.Series, float]]) -> None:
    """Print a table: what a write took, and how many there were a second."""
    print("\n### Latency of a write\n")
    print("| pipeline | writes | writes/s | median ms | 95 % ms | 99 % ms | longest ms |")
    print("|---" + "|---:" * 6 + "|")
    for name, (latency, seconds) in phases.items():
        shown = [latency.quantile(part) or 0.0 for part in (0.5, 0.95, 0.99, 1.0)]
        print(
            f"| {name} | {len(latency):,} | {len(latency) / seconds:,.0f} | "
            + " | ".join(f"{value:,.1f}" for value in shown)
            + " |"
        )


def compare(url: str, folder: Path, given: argparse.Namespace) -> None:
    """Write for a while, run the day beside the writes, and write for a while again."""
    prepared = json.dumps({"url": url, "day": daily_run.FIRST.isoformat(), "events": given.events})
    phases, turns = {}, {}
    for name in ("not yet", "running", "no more"):
        began = time.perf_counter()
        with live_writes(url, folder / name, given):
            if name == "running":
                turns = take_turns(
                    "benchmarks.daily_run", ["ours"], prepared, rounds=1, server=postmaster_of(url)
                )
            else:
                time.sleep(given.seconds)
        phases[name] = (latencies_ms(folder / name), time.perf_counter() - began)
    show(
        f"One day of {given.events:,} events, beside {given.rate} writes a second",
        turns,
        beside="ours",
    )
    show_latencies(phases)


def main() -> None:
    """Make the day, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=200, help="writes a second")
    parser.add_argument("--seconds", type=int, default=60, help="of writes without the pipeline")
    given = parser.parse_args()
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        make_days(url, [daily_run.FIRST], events_per_day=given.events, accounts=given.accounts)
        os.environ |= {
            "SOCIALLIVE_DATABASE_URL": url,
            "SOCIALLIVE_HOME": home,
            "SOCIALLIVE_FIRST_DAY": daily_run.FIRST.isoformat(),
        }
        with psycopg.connect(url) as session:
            [authors] = session.execute(AUTHORS).fetchone() or [0]
        print(f"{given.accounts:,} accounts, {authors:,} of them with posts that day.")
        compare(url, Path(home), given)


if __name__ == "__main__":
    main()
