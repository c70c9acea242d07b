"""Hundreds of days, one after the other, with faults among them: what grows that should not?

`python -m tests.soak.many_days [--days 300] [--seed 1]` prints a table and ends with 1 where
something grows that has no reason to, or where a number is not what independent SQL says it is.

One process lives through all days, as a code server would. On one day in five something happens:
the run is killed at a random moment, PostgreSQL is killed, its sessions are cut off, follows are
taken back, or an account is erased; on one in four, a part of the engagement arrives a day late.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg

from assets.seeding.demo import Platform, generate_platform
from pipelines.settings import REPOSITORY, Settings, read_settings
from schema.migrate import migrate
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.installation import Installation
from tests.soak.arrivals import before, of_day, split_late, unfollow, write, write_events
from tests.soak.comparing import compare_with_oracle
from tests.soak.growth import NAMES, Measured, growing, line, measure
from tests.soak.servers import ShiftedServer, shifted_server

FIRST = date(2025, 1, 1)
USERS = 60
AFTER_MIDNIGHT = timedelta(minutes=40)
# A run of a day takes longer than that, so that what happens then happens in its middle.
WITHIN_S = 5.0
ATTEMPTS = 3
EVERY = 10
ORDINARY_TO_FAULTS = 4
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
GUEST = "guest"
NEW_GUEST = """
INSERT INTO users (email, username, password_hash, created_at)
VALUES (%(guest)s || '@example.org', %(guest)s, 'x', %(day)s)
"""
LIKES_OF_GUEST = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT users.id, posts.id, 'LIKE', %(day)s::timestamp + interval '23 hours'
FROM users, posts WHERE users.username = %(guest)s ORDER BY posts.created_at DESC LIMIT 20
"""


@dataclass
class Life:
    """A platform, an installation, and the process that runs its days."""

    server: ShiftedServer
    folder: Path
    chance: random.Random
    held_back: pl.DataFrame = field(default_factory=pl.DataFrame)
    has_guest: bool = False
    trouble: threading.Thread = field(default_factory=threading.Thread)

    @property
    def url(self) -> str:
        return self.server.server.url("platform")

    @property
    def temporary(self) -> Path:
        """Where its processes keep what is not to stay."""
        return self.folder / "temporary"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.server.variables,
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_NO_CACHE": "0",
            "SOCIALLIVE_HOME": str(self.folder / "home"),
            "SOCIALLIVE_DATABASE_URL": self.url,
            "SOCIALLIVE_FIRST_DAY": str(FIRST),
            "TMPDIR": str(self.temporary),
        }

    @property
    def settings(self) -> Settings:
        return read_settings(self.environment)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of the installation."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, worker: subprocess.Popen[str], day: date) -> int:
        """Let the process run the day until it succeeds; how often that was tried."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        for attempt in range(1, ATTEMPTS + 1):
            print(day, file=worker.stdin, flush=True)
            said = worker.stdout.readline()
            assert said, "the process that runs the days has ended"
            if not said.strip():
                return attempt
            say(f"{day}: {said.strip()}")
            self.wait_until_over()
        raise SystemExit(f"{day} failed {ATTEMPTS} times")

    def happen_soon(self, trouble: Callable[[], object]) -> None:
        """Let something happen in the middle of the run that is to begin now."""
        self.trouble = threading.Timer(self.chance.uniform(0, WITHIN_S), trouble)
        self.trouble.start()

    def wait_until_over(self) -> None:
        """Wait until what was to happen has happened."""
        if self.trouble.ident:
            self.trouble.join()


def killed(life: Life, day: date) -> None:
    """A run by hand dies at some moment; the next one begins anew."""
    with life.command("pipelines.cli", "run", "--date", str(day)) as run:
        time.sleep(life.chance.uniform(1, 1 + WITHIN_S))
        run.kill()


def database_killed(life: Life, _day: date) -> None:
    """PostgreSQL dies in the middle of the run, and is there again at once."""

    def kill_and_start() -> None:
        life.server.kill()
        life.server.start()

    life.happen_soon(kill_and_start)


def sessions_cut_off(life: Life, _day: date) -> None:
    """An administrator ends all sessions in the middle of the run."""
    life.happen_soon(lambda: cut_sessions_off(life.url))


def late_unfollows(life: Life, _day: date) -> None:
    """Follows are taken back."""
    unfollow(life.url, 3)


def guest_came_or_was_erased(life: Life, day: date) -> None:
    """Somebody likes what there is; the next time, everything of them goes."""
    if life.has_guest:
        with life.command("pipelines.cli", "erase", GUEST, "--yes") as erasing:
            said, _ = erasing.communicate()
        assert erasing.returncode == 0, said
    else:
        with psycopg.connect(life.url, options="-c TimeZone=UTC") as session:
            session.execute(NEW_GUEST, {"guest": GUEST, "day": day})
            session.execute(LIKES_OF_GUEST, {"guest": GUEST, "day": day})
    life.has_guest = not life.has_guest


FAULTS: list[Callable[[Life, date], None]] = [
    killed,
    database_killed,
    sessions_cut_off,
    late_unfollows,
    guest_came_or_was_erased,
]


def cut_sessions_off(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(CUT_OFF)


def live(life: Life, rows: Platform, days: DayRange) -> list[Measured]:
    """Live through the days; what was measured at the end of each."""
    measured = []
    with living_worker(life) as worker:
        for number, day in enumerate(days, start=1):
            fault = arrive(life, rows, day)
            attempts = life.run(worker, day)
            life.wait_until_over()
            measured.append(measure(worker.pid, life.settings, life.temporary))
            if number % EVERY == 0 or attempts > 1:
                print(line(day, fault, attempts, *astuple(measured[-1])), flush=True)  # noqa: T201
    return measured


def arrive(life: Life, rows: Platform, day: date) -> str:
    """The day's rows, late ones of days before, and a fault on some days; its name."""
    arriving, held_back = split_late(of_day(rows, day))
    with_late = life.chance.random() < 1 / ORDINARY_TO_FAULTS
    write(life.url, arriving)
    late, life.held_back = life.held_back, held_back if with_late else pl.DataFrame()
    for events in (late, pl.DataFrame() if with_late else held_back):
        if not events.is_empty():
            write_events(life.url, events)
    life.server.set_clock(
        datetime.combine(day + ONE_DAY, datetime.min.time(), UTC) + AFTER_MIDNIGHT
    )
    if life.chance.randrange(1 + ORDINARY_TO_FAULTS):
        return "late events" if not late.is_empty() else ""
    fault = life.chance.choice(FAULTS)
    fault(life, day)
    return fault.__name__.replace("_", " ")


@contextmanager
def living_worker(life: Life) -> Iterator[subprocess.Popen[str]]:
    with life.command("tests.soak.living_worker") as worker:
        yield worker
        assert worker.stdin is not None
        worker.stdin.close()


def say(sentence: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {sentence}", flush=True)  # noqa: T201


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
        life = Life(server, Path(folder), random.Random(given.seed))
        life.temporary.mkdir()
        migrate(life.url)
        write(life.url, before(rows, FIRST))
        print(line("day", "fault", "attempts", *NAMES))  # noqa: T201
        measured = live(life, rows, days)
        wrong = [*growing(measured), *compare_with_oracle(Installation(life.settings), days)]
    for sentence in wrong:
        say(f"WRONG  {sentence}")
    say(f"{len(days)} days: {'something is wrong' if wrong else 'nothing grew, and all is right'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
