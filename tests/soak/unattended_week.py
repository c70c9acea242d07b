"""A week that nobody looks at: seven simulated days, a real daemon, and what goes wrong in weeks.

`python -m tests.soak.unattended_week` prints what it does and ends with 1 where something differs.
One ordinary day, one on which the machine is off, one on which PostgreSQL is killed in the middle
of the run, one ten times as large, one with a late batch and a power cut, one with an erasure.
"""

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import psycopg

from assets.seeding.demo import Platform, generate_platform
from pipelines.definitions import build_definitions
from pipelines.settings import DAGSTER_DATABASE, read_settings
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.installation import Installation
from tests.soak.arrivals import (
    before,
    of_day,
    some_creator,
    split_late,
    unfollow,
    write,
    write_events,
    write_many_events,
)
from tests.soak.comparing import compare, compare_with_oracle, from_scratch
from tests.soak.machine import (
    Machine,
    daily_runs,
    end,
    has_succeeded,
    wait_for,
    wait_until_quiet,
)
from tests.soak.servers import ShiftedServer, shifted_server

USERS, SEED = 150, 11
HISTORY = DayRange(date(2026, 2, 23), date(2026, 3, 1))
WEEK = DayRange(date(2026, 3, 2), date(2026, 3, 8))
ORDINARY, OFF, AFTER, KILLED, LARGE, LATE, ERASED = WEEK
BEFORE_THE_RUN, AFTER_THE_NIGHT = timedelta(minutes=29, seconds=50), timedelta(hours=6, minutes=31)
OUTAGE_S = 15
Trouble = Callable[["Week", dg.DagsterInstance, date], None]


def midnight_after(day: date) -> datetime:
    """The end of a day."""
    return datetime.combine(day + ONE_DAY, datetime.min.time(), UTC)


@dataclass
class Week:
    """Servers, an installation, and the rows that are still to come."""

    platform_server: ShiftedServer
    dagster_server: ShiftedServer
    machine: Machine
    rows: Platform
    held_back: pl.DataFrame = field(default_factory=pl.DataFrame)
    daemon: ExitStack = field(default_factory=ExitStack)

    @property
    def url(self) -> str:
        return self.platform_server.server.url("platform")

    @property
    def schedules(self) -> set[str]:
        definitions = build_definitions(read_settings(self.machine.variables))
        return {schedule.name for schedule in definitions.schedules or []}

    def set_clock(self, showing: datetime) -> None:
        for server in (self.platform_server, self.dagster_server):
            server.set_clock(showing)
        self.machine.set_clock(showing)

    def begin(self) -> None:
        """A platform with a history, as it is when the daemon is started for the first time."""
        self.set_clock(midnight_after(HISTORY.last) + timedelta(hours=8))
        self.machine.command("migrate")
        say(f"{write(self.url, before(self.rows, WEEK.first)):,} rows of history")
        self.machine.command("run", "--from", str(HISTORY.first), "--to", str(HISTORY.last))
        # A schedule counts from the moment at which a daemon first sees it.
        with self.machine.storage() as instance:
            self.start_daemon()
            wait_for(lambda: self.schedules <= {s.name for s in instance.all_instigator_state()})
            self.stop_daemon()

    def arrive(self, day: date) -> None:
        """The day's rows, and what is special about the day."""
        self.set_clock(midnight_after(day) - timedelta(hours=1))
        arriving = of_day(self.rows, day)
        if day == KILLED:
            arriving, self.held_back = split_late(arriving)
        said = f"{write(self.url, arriving):,} rows"
        if day == LARGE:
            events = 9 * arriving.user_engagement.height
            said += f", and {write_many_events(self.url, day, events):,} more events"
        if day == LATE:
            said += f", {write_events(self.url, self.held_back):,} late ones of {KILLED}"
            said += f", {unfollow(self.url, 12)} unfollows"
        if day == ERASED:
            self.machine.command("erase", some_creator(self.url), "--yes")
            said += ", and somebody is erased"
        say(f"{day} {day:%A}: {said}")

    def night(self, day: date, trouble: Trouble | None) -> None:
        """The scheduled run of the day, and what else the night brings."""
        began = time.monotonic()
        self.set_clock(midnight_after(day) + BEFORE_THE_RUN)
        with self.machine.storage() as instance:
            self.start_daemon()
            if trouble:
                trouble(self, instance, day)
            wait_for(lambda: all(has_succeeded(instance, known) for known in days_until(day)))
            tries = [run.status.value for run in daily_runs(instance, day)]
            say(f"  daily run: {', '.join(tries)} after {time.monotonic() - began:.0f} s")
            self.stop_daemon()
            self.set_clock(midnight_after(day) + AFTER_THE_NIGHT)
            self.start_daemon()
            wait_until_quiet(instance)
            self.stop_daemon()
            say(f"  {state_of(instance)}; {self.dagster_size()}")

    def start_daemon(self) -> None:
        self.process = self.daemon.enter_context(self.machine.daemon())

    def stop_daemon(self) -> None:
        self.daemon.close()

    def dagster_size(self) -> str:
        with psycopg.connect(self.dagster_server.server.url("dagster")) as session:
            row = session.execute(
                "SELECT pg_size_pretty(pg_database_size(current_database())), "
                "(SELECT count(*) FROM event_logs), (SELECT count(*) FROM runs)"
            ).fetchone()
        assert row is not None
        return f"Dagster's database {row[0]}, {row[1]:,} events, {row[2]:,} runs"


def days_until(day: date) -> Iterator[date]:
    return (known for known in WEEK if known <= day)


def state_of(instance: dg.DagsterInstance) -> str:
    failed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    names = sorted(run.job_name for run in failed)
    return f"{len(failed)} runs have failed so far {names}"


def wait_for_the_middle(instance: dg.DagsterInstance, day: date) -> None:
    """Wait until the run of the day has done one of its steps, and not all."""
    done = dg.DagsterEventType.STEP_SUCCESS

    def is_in_the_middle() -> bool:
        runs = daily_runs(instance, day)
        return bool(runs and instance.all_logs(runs[0].run_id, of_type=done))

    wait_for(is_in_the_middle)


def kill_the_database(week: Week, instance: dg.DagsterInstance, day: date) -> None:
    wait_for_the_middle(instance, day)
    week.platform_server.kill()
    time.sleep(OUTAGE_S)
    week.platform_server.start()
    say(f"  PostgreSQL was killed in the middle of the run, and was away for {OUTAGE_S} s")


def cut_the_power(week: Week, instance: dg.DagsterInstance, day: date) -> None:
    wait_for_the_middle(instance, day)
    end(week.process, how=signal.SIGKILL)
    week.platform_server.kill()
    week.platform_server.start()
    week.stop_daemon()
    lost = daily_runs(instance, day)[0]
    say(f"  the power was cut in the middle of the run, which is {lost.status.value} ever after")
    week.start_daemon()


TROUBLES: dict[date, Trouble] = {KILLED: kill_the_database, LATE: cut_the_power}


@contextmanager
def new_week(folder: Path) -> Iterator[Week]:
    with shifted_server() as platform, shifted_server() as dagster:
        platform.server.execute("CREATE DATABASE {name}", name="platform")
        dagster.server.execute("CREATE DATABASE {name}", name="dagster")
        variables = {
            "SOCIALLIVE_HOME": str(folder / "home"),
            "SOCIALLIVE_DATABASE_URL": platform.server.url("platform"),
            DAGSTER_DATABASE: dagster.server.url("dagster"),
            "SOCIALLIVE_FIRST_DAY": str(HISTORY.first),
        }
        machine = Machine(variables, folder / "daemon.log")
        days = (WEEK.last - HISTORY.first).days + 1
        rows = generate_platform(users=USERS, last_day=WEEK.last, days=days, seed=SEED)
        week = Week(platform, dagster, machine, rows)
        with week.daemon:
            yield week


def live(week: Week) -> list[str]:
    """Live through the week; what is not as it has to be at its end."""
    week.begin()
    for day in WEEK:
        week.arrive(day)
        if day == OFF:
            say("  the machine is off that night")
        else:
            week.night(day, TROUBLES.get(day))
    say(week.machine.command("status"))
    settings = read_settings(week.machine.variables)
    kept, days = Installation(settings), DayRange(HISTORY.first, WEEK.last)
    differences = list(compare_with_oracle(kept, days))
    fresh = from_scratch(week.machine, week.platform_server.server, settings, days)
    return differences + list(compare(kept, fresh, days))


def say(sentence: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S}  {sentence}", flush=True)  # noqa: T201


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended too
    folder = Path(tempfile.mkdtemp(prefix="week-"))
    folder.chmod(0o755)
    say(f"everything is in {folder}")
    with new_week(folder) as week:
        differences = live(week)
    for difference in differences:
        say(f"DIFFERENT  {difference}")
    say("the week ended as a run from scratch" if not differences else "the week went wrong")
    return bool(differences)


if __name__ == "__main__":
    sys.exit(main())
