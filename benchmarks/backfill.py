"""How much faster is a range of days than the same days one by one?

python -m benchmarks.backfill [--days 365] [--events-per-day 1000] [--singles 5]

All days are run as one range; then each of the days that follow in a run of its own. Both are the
command `sociallive run` as an operator types it, its start included.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta

from benchmarks.generated_engagement import make_days
from benchmarks.servers import throw_away_server
from schema.windows import ONE_DAY, DayRange

FIRST = date(2024, 1, 1)
# A platform as small as its events.
LEAST_POSTS = 20


def seconds_of(days: DayRange) -> float:
    """One command, from its start to its end."""
    command = [sys.executable, "-m", "pipelines.cli", "run"]
    command += ["--from", days.first.isoformat(), "--to", days.last.isoformat()]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{days.first} to {days.last} failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def compare(url: str, home: str, days: DayRange, *, singles: int, events: int) -> None:
    """Run the range, then the days after it, and print what each took."""
    after = DayRange(days.last + ONE_DAY, days.last + timedelta(days=singles))
    make_days(url, [*days, *after], events_per_day=events, least_posts=LEAST_POSTS)
    os.environ |= {
        "SOCIALLIVE_DATABASE_URL": url,
        "SOCIALLIVE_HOME": home,
        "SOCIALLIVE_FIRST_DAY": days.first.isoformat(),
    }
    of_range = seconds_of(days)
    of_single = statistics.median(seconds_of(DayRange(day, day)) for day in after)
    print(f"\n### {len(days)} days, {events:,} events a day\n")
    print("| way | days | seconds | seconds a day | times as fast |")
    print("|---|---:|---:|---:|---:|")
    each = of_range / len(days)
    print(f"| one range | {len(days)} | {of_range:.1f} | {each:.2f} | {of_single / each:.1f} |")
    print(f"| a run per day (median of {singles}) | 1 | {of_single:.1f} | {of_single:.2f} | 1.0 |")


def main() -> None:
    """Make the platform, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--events-per-day", type=int, default=1_000)
    parser.add_argument("--singles", type=int, default=5)
    given = parser.parse_args()
    days = DayRange(FIRST, FIRST + timedelta(days=given.days - 1))
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        compare(url, home, days, singles=given.singles, events=given.events_per_day)


if __name__ == "__main__":
    main()
