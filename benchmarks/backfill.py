"""How much faster is a range of days than the same days one by one?

python -m benchmarks.backfill [--days 365] [--events-per-day 1000] [--singles 7]

All days are run as one range; then each of the days that follow in a run of its own: of a week, as
Mondays choose models. Both are the command `sociallive run` as it is typed, its start included.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from typing import NamedTuple

from benchmarks.generated_engagement import make_days
from benchmarks.servers import throw_away_server
from schema.windows import ONE_DAY, DayRange

FIRST = date(2024, 1, 1)
# A platform as small as its events.
LEAST_POSTS = 20


class Spent(NamedTuple):
    """What runs took: on the clock, and of the processor, the server's part left out."""

    seconds: float
    cpu_seconds: float


def run(days: DayRange) -> Spent:
    """One command, from its start to its end."""
    command = [sys.executable, "-m", "pipelines.cli", "run"]
    command += ["--from", days.first.isoformat(), "--to", days.last.isoformat()]
    began, before = time.perf_counter(), os.times()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - began, os.times()
    if done.returncode:
        raise SystemExit(f"{days.first} to {days.last} failed:\n{done.stdout}{done.stderr}")
    user = after.children_user - before.children_user
    return Spent(seconds, user + after.children_system - before.children_system)


def compare(url: str, home: str, days: DayRange, *, singles: int, events: int) -> None:
    """Run the range, then the days after it, and print what each took per day."""
    after = DayRange(days.last + ONE_DAY, days.last + timedelta(days=singles))
    make_days(url, [*days, *after], events_per_day=events, least_posts=LEAST_POSTS)
    os.environ |= {
        "SOCIALLIVE_DATABASE_URL": url,
        "SOCIALLIVE_HOME": home,
        "SOCIALLIVE_FIRST_DAY": days.first.isoformat(),
    }
    ways = {
        "one range": (len(days), [run(days)]),
        "a run per day": (singles, [run(DayRange(day, day)) for day in after]),
    }
    each = {
        way: Spent(*(sum(of_runs) / count for of_runs in zip(*runs, strict=True)))
        for way, (count, runs) in ways.items()
    }
    most = each["a run per day"]
    print(f"\n### {len(days)} days, {events:,} events a day\n")
    print("| way | days | seconds a day | CPU s a day | times as fast | by CPU |")
    print("|---" + "|---:" * 5 + "|")
    for way, cost in each.items():
        print(
            f"| {way} | {ways[way][0]} | {cost.seconds:.2f} | {cost.cpu_seconds:.2f} "
            f"| {most.seconds / cost.seconds:.1f} | {most.cpu_seconds / cost.cpu_seconds:.1f} |"
        )


def main() -> None:
    """Make the platform, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--events-per-day", type=int, default=1_000)
    parser.add_argument("--singles", type=int, default=7)
    given = parser.parse_args()
    days = DayRange(FIRST, FIRST + timedelta(days=given.days - 1))
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        compare(url, home, days, singles=given.singles, events=given.events_per_day)


if __name__ == "__main__":
    main()
