"""Where do time and memory of a large day go, and what is the floor?

python -m benchmarks.day_profile [--events 10000000]

A line tells what it took from the step before until the tables of this one were published; the
first includes the start of the run, the last what is checked at the end. The floor is what reading
the events of the day into nothing takes.
"""

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psycopg

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.ranking.ranked_days import RANKINGS
from assets.resources.manifest import Manifest
from benchmarks import daily_run
from benchmarks.extraction import LIMIT
from benchmarks.generated_engagement import make_days
from benchmarks.measuring import cpu_seconds, peak_megabytes, server_cpu, show, take_turns
from benchmarks.servers import postmaster_of, throw_away_server
from pipelines.dagster_home import open_instance
from pipelines.runs import run_daily_job
from pipelines.settings import read_settings
from schema.windows import DayRange

DAY = DayRange(daily_run.FIRST, daily_run.FIRST)
STEPS = {
    **dict.fromkeys(SOURCE_TABLES, "reading, checking, writing source tables"),
    **dict.fromkeys(ROLLUPS, "rollups"),
    **dict.fromkeys(RANKINGS, "scores, rankings, receipts"),
    "user_analytics": "user_analytics, write-back",
    "system_metrics": "system_metrics, write-back",
    "engagement_models": "model of the day",
}
# What writing this to clear_refs does: the peak of the process begins anew.
RESET_PEAK = "5"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the run had taken when a step was done; `peak_mb` is since the mark before."""

    step: str
    seconds: float
    cpu_seconds: float
    server_seconds: float
    peak_mb: int


@dataclass(slots=True)
class Profile:
    """Marks of one run, in their order."""

    server: int
    marks: list[Mark] = field(default_factory=list)

    def mark(self, step: str) -> None:
        """Note what was taken so far."""
        self.marks.append(
            Mark(
                step=step,
                seconds=time.perf_counter(),
                cpu_seconds=cpu_seconds(),
                server_seconds=server_cpu(self.server),
                peak_mb=peak_megabytes(),
            )
        )
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")

    def published(self, manifest: Manifest) -> None:
        """A table of the day is there: the first one of a step tells what the step took."""
        step = STEPS.get(manifest.table, manifest.table)
        if self.marks[-1].step != step:
            self.mark(step)


def profile_day(server: int) -> Profile:
    """Run the day in this process."""
    settings, profile = read_settings(), Profile(server)
    profile.mark("start")
    with open_instance(settings) as instance:
        run_daily_job(settings, DAY, instance=instance, on_published=profile.published)
    profile.mark("write-back of scores, views, checks")
    return profile


def show_profile(marks: list[Mark]) -> None:
    """Print a table: each mark beside the one before."""
    total = marks[-1].seconds - marks[0].seconds
    print("| step | seconds | share | CPU s | server CPU s | peak MB |")
    print("|---" + "|---:" * 5 + "|")
    for before, mark in pairwise(marks):
        seconds = mark.seconds - before.seconds
        print(
            f"| {mark.step} | {seconds:.1f} | {seconds / total:.0%} "
            f"| {mark.cpu_seconds - before.cpu_seconds:.1f} "
            f"| {mark.server_seconds - before.server_seconds:.1f} | {mark.peak_mb:,} |"
        )
    print(
        f"| all | {total:.1f} | 100% | {marks[-1].cpu_seconds - marks[0].cpu_seconds:.1f} "
        f"| {marks[-1].server_seconds - marks[0].server_seconds:.1f} "
        f"| {max(mark.peak_mb for mark in marks):,} |"
    )


def main() -> None:
    """Make the day, run it, and read it into nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    given = parser.parse_args()
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        make_days(url, [DAY.first], events_per_day=given.events)
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("CHECKPOINT")
        os.environ |= {
            "SOCIALLIVE_DATABASE_URL": url,
            "SOCIALLIVE_HOME": home,
            "SOCIALLIVE_FIRST_DAY": DAY.first.isoformat(),
        }
        server = postmaster_of(url)
        print(f"### A day of {given.events:,} events\n")
        show_profile(profile_day(server).marks)
        floor = take_turns("benchmarks.extraction", [LIMIT], url, rounds=1, server=server)
        show("The floor: reading its events", floor, beside=LIMIT)


if __name__ == "__main__":
    main()
