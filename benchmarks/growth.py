"""How do time and memory grow with events of a day, days of history, posts, and creators?

python -m benchmarks.growth [--only events] [--smallest-is 1] [--doublings 4]

Every size has a platform of its own, twice as large as the one before. An
exponent of 1 is proportional. What does not grow pulls the fitted one down, so that the one of the
last doubling stands beside it.
"""

import argparse
import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import linear_regression

from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.published import Published
from benchmarks import daily_run
from benchmarks.generated_engagement import LEAST_POSTS, make_days
from benchmarks.measuring import Candidate, Summary, take_turns
from benchmarks.servers import postmaster_of, throw_away_server
from pipelines.platform import ready_platform
from pipelines.settings import read_settings
from reports.creator.gathering import gather_reports
from reports.creator.model import Period, ReportPeriod
from reports.creator.publishing import publish_reports
from schema.windows import DayRange

FIRST = daily_run.FIRST
WEEK = DayRange(FIRST, FIRST + timedelta(days=6))


@dataclass(frozen=True, slots=True)
class Axis:
    """What grows: its smallest size, and what is measured of a size."""

    smallest: int
    measure: Callable[[int], Summary]


def one_day(events: int) -> Summary:
    """The first day of a platform."""
    with platform(DayRange(FIRST, FIRST), events=events) as url:
        return measured_day(url, FIRST, events)


def day_after_history(days: int) -> Summary:
    """One more day of 20,000 events on top of the others."""
    last = FIRST + timedelta(days=days)
    with platform(DayRange(FIRST, last), events=20_000) as url:
        daily_run.run_ours(DayRange(FIRST, last - timedelta(days=1)))
        return measured_day(url, last, 20_000)


def day_with_posts(posts: int) -> Summary:
    """A day of 200,000 events, and so many new posts."""
    with platform(DayRange(FIRST, FIRST), events=200_000, posts=posts) as url:
        return measured_day(url, FIRST, posts)


def reports_of_creators(accounts: int) -> Summary:
    """A week's reports of a platform of so many accounts, five events of each a day."""
    with platform(WEEK, events=5 * accounts) as url:
        daily_run.run_ours(WEEK)
        return measured("every report", "", url)


AXES = {
    "events of a day": Axis(250_000, one_day),
    "days of history": Axis(15, day_after_history),
    "posts of a day": Axis(5_000, day_with_posts),
    "creators": Axis(10_000, reports_of_creators),
}


def every_report(_prepared: str) -> int:
    """Gather and write the pages of the week; returns how many."""
    settings = read_settings()
    with tempfile.TemporaryDirectory() as folder:
        published = Published(
            Lake(settings.lake), open_engine(settings.engine, scratch=Path(folder))
        )
        period = ReportPeriod(Period.WEEK, WEEK.last)
        reports = gather_reports(published, ready_platform(settings), period)
        publish_reports(reports, Path(folder))
        return len(list(Path(folder).glob("creators/*/*.html")))


CANDIDATES: dict[str, Candidate] = {"a day": daily_run.ours, "every report": every_report}


@contextmanager
def platform(
    days: DayRange, *, events: int, posts: int = LEAST_POSTS, accounts: int | None = None
) -> Iterator[str]:
    """A server with these days, and a home, both in the environment."""
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        make_days(url, list(days), events_per_day=events, accounts=accounts, least_posts=posts)
        os.environ |= {
            "SOCIALLIVE_DATABASE_URL": url,
            "SOCIALLIVE_HOME": home,
            "SOCIALLIVE_FIRST_DAY": days.first.isoformat(),
        }
        yield url


def measured_day(url: str, day: date, size: int) -> Summary:
    """Run a day in a process of its own."""
    prepared = json.dumps({"url": url, "day": day.isoformat(), "events": size})
    return measured("a day", prepared, url)


def measured(candidate: str, prepared: str, url: str) -> Summary:
    """One turn."""
    turns = take_turns(
        "benchmarks.growth", [candidate], prepared, rounds=1, server=postmaster_of(url)
    )
    return turns[candidate]


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Slope of the line through the logarithms."""
    return linear_regression([*map(math.log, sizes)], [*map(math.log, costs)]).slope


def grow(name: str, sizes: Sequence[int]) -> str:
    """Measure and print all sizes of an axis; returns the line of its exponents."""
    print(f"\n### {name}\n\n| size | seconds | CPU s | server CPU s | peak MB |")
    print("|---:" * 5 + "|", flush=True)
    costs = []
    for size in sizes:
        cost = AXES[name].measure(size)
        costs.append(cost)
        print(
            f"| {size:,} | {cost.seconds:.1f} | {cost.cpu_seconds:.1f} "
            f"| {cost.server_seconds:.1f} | {cost.peak_mb:,} |",
            flush=True,
        )
    of_time = [cost.cpu_seconds + cost.server_seconds for cost in costs]
    of_memory = [float(cost.peak_mb) for cost in costs]
    exponents = [
        exponent(sizes[since:], of[since:]) for of in (of_time, of_memory) for since in (0, -2)
    ]
    return f"| {name} | " + " | ".join(f"{slope:.2f}" for slope in exponents) + " |"


def main() -> None:
    """Grow along every axis, then print the exponents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(AXES))
    parser.add_argument(
        "--smallest-is", type=float, default=1, help="times the usual smallest size"
    )
    parser.add_argument("--doublings", type=int, default=4)
    given = parser.parse_args()
    lines = []
    for name in given.only or AXES:
        smallest = max(2, round(AXES[name].smallest * given.smallest_is))
        sizes = [smallest * 2**doubling for doubling in range(given.doublings + 1)]
        lines.append(grow(name, sizes))
    print("\n### Exponents\n\n| | CPU | CPU, last doubling | memory | memory, last doubling |")
    print("|---" + "|---:" * 4 + "|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
