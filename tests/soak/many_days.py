"""Hundreds of days, one after the other, with faults among them: what grows that should not?

`python -m tests.soak.many_days [--days 300] [--seed 1]` prints a table and ends with 1 where
something grows that has no reason to, or where a number is not what independent SQL says it is.

One process lives through all days, as a code server would. On one day in five something happens:
the run is killed at a random moment, PostgreSQL is killed, its sessions are cut off, follows are
taken back, or an account is erased; on one in four, a part of the engagement arrives a day late.
"""

import argparse
import random
import signal
import sys
import tempfile
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from assets.seeding.demo import Platform, generate_platform
from schema.migrate import migrate
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.installation import Installation
from tests.soak.arrivals import before, of_day, split_late, write, write_events
from tests.soak.comparing import compare_with_oracle
from tests.soak.faults import FAULTS
from tests.soak.growth import NAMES, Measured, growing, measure
from tests.soak.life import FIRST, Life, living_worker
from tests.soak.servers import shifted_server
from tests.soak.telling import say, tell_row

USERS = 60
AFTER_MIDNIGHT = timedelta(minutes=40)
TOLD_EVERY = 10
# Of how many days one has a fault, and of how many one has events that come a day late.
FAULTY, WAITING = 5, 4


def live(life: Life, rows: Platform, days: DayRange) -> list[Measured]:
    """Live through the days; what was measured at the end of each."""
    measured = []
    with living_worker(life) as worker:
        for number, day in enumerate(days, start=1):
            arrive(life, rows, day)
            fault = befall(life, day)
            attempts = life.run(worker, day)
            life.wait_until_over()
            measured.append(measure(worker.pid, life.settings, life.temporary))
            if number % TOLD_EVERY == 0 or attempts > 1:
                tell_row(day, fault, attempts, *astuple(measured[-1]))
    return measured


def arrive(life: Life, rows: Platform, day: date) -> None:
    """The day's rows, and those that the day before held back; then it is over."""
    in_time, later = split_late(of_day(rows, day))
    write(life.url, in_time)
    write_events(life.url, life.held_back)
    if life.chance.randrange(WAITING):
        write_events(life.url, later)
        life.held_back = later.clear()
    else:
        life.held_back = later
    midnight = datetime.combine(day + ONE_DAY, datetime.min.time(), UTC)
    life.server.set_clock(midnight + AFTER_MIDNIGHT)


def befall(life: Life, day: date) -> str:
    """A fault on some days; its name."""
    if life.chance.randrange(FAULTY):
        return ""
    fault = life.chance.choice(FAULTS)
    fault(life, day)
    return fault.__name__.replace("_", " ")


def main() -> int:
    """Live, and tell what is wrong afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended too
    days = DayRange(FIRST, FIRST + timedelta(days=given.days - 1))
    rows = generate_platform(users=USERS, last_day=days.last, days=len(days), seed=given.seed)
    # A follow that is taken back would arrive with the note of its end, and not before.
    rows = replace(rows, audit_log=rows.audit_log.clear())
    with tempfile.TemporaryDirectory(prefix="days-") as folder, shifted_server() as server:
        server.server.execute("CREATE DATABASE {name}", name="platform")
        nothing_yet = rows.user_engagement.clear()
        life = Life(server, Path(folder), random.Random(given.seed), nothing_yet)
        life.temporary.mkdir()
        migrate(life.url)
        write(life.url, before(rows, FIRST))
        tell_row("day", "fault", "attempts", *NAMES)
        measured = live(life, rows, days)
        wrong = [*growing(measured), *compare_with_oracle(Installation(life.settings), days)]
    for sentence in wrong:
        say(f"WRONG  {sentence}")
    say(f"{len(days)} days: {'something is wrong' if wrong else 'nothing grew, and all is right'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
