"""A week that nobody looks at: seven simulated days, a real daemon, and what goes wrong in weeks.

`python -m tests.soak.unattended_week` prints what it does and ends with 1 where something differs.
One ordinary day, one on which the machine is off, one on which PostgreSQL is killed in the middle
of the run, one ten times as large, one with a late batch and a power cut, one with an erasure.
"""

import email
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

from assets.resources.lake import Lake
from assets.seeding.demo import Platform, generate_platform
from pipelines.definitions import build_definitions
from pipelines.settings import DAGSTER_DATABASE, read_settings
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.installation import Installation
from tests.soak.arrivals import (
    before,
    more_events,
    of_day,
    some_creator,
    split_late,
    unfollow,
    write,
    write_events,
)
from tests.soak.comparing import compare, compare_with_oracle, from_scratch
from tests.soak.machine import (
    Machine,
    cut_off,
    daily_runs,
    wait_for,
    wait_until_quiet,
)
from tests.soak.servers import ShiftedServer, shifted_server
from tests.soak.telling import say

USERS, SEED = 80, 11
HISTORY = DayRange(date(2026, 2, 26), date(2026, 3, 1))
WEEK = DayRange(date(2026, 3, 2), date(2026, 3, 8))
ORDINARY, OFF, AFTER, KILLED, LARGE, LATE, ERASED = WEEK
BEFORE_THE_RUN, AFTER_THE_NIGHT = timedelta(minutes=29, seconds=50), timedelta(hours=6, minutes=31)
OUTAGE_S = 15
# The tables that a daily run publishes last.
AT_THE_END = ("user_analytics", "system_metrics", "popular_posts", "post_scores")
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
    running: ExitStack = field(default_factory=ExitStack)
    told: set[Path] = field(default_factory=set)

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
        schedules = self.schedules
        with self.machine.storage() as instance:
            self.start()
            wait_for(lambda: schedules <= {s.name for s in instance.all_instigator_state()})
            self.stop()

    def arrive(self, day: date) -> None:
        """The day's rows, and what is special about the day."""
        self.set_clock(midnight_after(day) - timedelta(hours=1))
        arriving = of_day(self.rows, day)
        if day == KILLED:
            arriving, self.held_back = split_late(arriving)
        said = f"{write(self.url, arriving):,} rows"
        if day == LARGE:
            more = more_events(self.rows, day, 9 * arriving.user_engagement.height)
            said += f", and {write_events(self.url, more):,} more events"
        if day == LATE:
            said += f", {write_events(self.url, self.held_back):,} late ones of {KILLED}"
            said += f", {unfollow(self.url, 12)} unfollows"
        if day == ERASED:
            self.machine.command("erase", some_creator(self.url), "--yes")
            said += ", and somebody is erased"
        say(f"{day} {day:%A}: {said}")

    def night(self, day: date, trouble: Trouble | None) -> None:
        """The scheduled run of the day, what the day before still owed, and what follows."""
        began = time.monotonic()
        self.set_clock(midnight_after(day) + BEFORE_THE_RUN)
        with self.machine.storage() as instance:
            self.start()
            if trouble:
                trouble(self, instance, day)
            wait_for(lambda: self.is_published(day))
            wait_until_quiet(instance)
            self.stop()
            runs = [f"{run.job_name} {run.status.value}" for run in daily_runs(instance, day)]
            say(f"  published after {time.monotonic() - began:.0f} s by {', '.join(runs)}")
            say(f"  {state_of(instance)}; {self.dagster_size()}")
        self.tell_alerts()

    def morning(self, day: date) -> None:
        """What the last night still owes."""
        self.set_clock(midnight_after(day) + AFTER_THE_NIGHT)
        with self.machine.storage() as instance:
            self.start()
            wait_until_quiet(instance)
            self.stop()
        self.tell_alerts()

    def is_published(self, last: date) -> bool:
        """Whether every day of the week up to this one has all its numbers."""
        lake = Lake(read_settings(self.machine.variables).lake)
        wanted = {day for day in WEEK if day <= last}
        return all(wanted <= set(lake.published_days(table)) for table in AT_THE_END)

    def start(self) -> None:
        self.group = self.running.enter_context(self.machine.services())

    def stop(self) -> None:
        self.running.close()

    def tell_alerts(self) -> None:
        """Subjects of the alerts that are new."""
        folder = read_settings(self.machine.variables).outbox / "alerts"
        for path in sorted(set(folder.glob("*.eml")) - self.told):
            self.told.add(path)
            say(f"  ALERT {email.message_from_bytes(path.read_bytes())['subject']}")

    def dagster_size(self) -> str:
        with psycopg.connect(self.dagster_server.server.url("dagster")) as session:
            row = session.execute(
                "SELECT pg_size_pretty(pg_database_size(current_database())), "
                "(SELECT count(*) FROM event_logs), (SELECT count(*) FROM runs)"
            ).fetchone()
        assert row is not None
        return f"Dagster's database {row[0]}, {row[1]:,} events, {row[2]:,} runs"


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
    cut_off(week.group)
    week.platform_server.kill()
    week.platform_server.start()
    week.stop()
    lost = daily_runs(instance, day)[0]
    say(f"  the power was cut in the middle of the run, which is {lost.status.value} ever after")
    week.start()


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
            "SOCIALLIVE_ALERT_MAIL": "operator@example.org",
        }
        machine = Machine(variables, folder / "daemon.log")
        days = (WEEK.last - HISTORY.first).days + 1
        rows = generate_platform(users=USERS, last_day=WEEK.last, days=days, seed=SEED)
        week = Week(platform, dagster, machine, rows)
        with week.running:
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
    week.morning(WEEK.last)
    say(week.machine.command("status"))
    settings = read_settings(week.machine.variables)
    kept, days = Installation(settings), DayRange(HISTORY.first, WEEK.last)
    differences = list(compare_with_oracle(kept, days))
    fresh = from_scratch(week.machine, week.platform_server.server, settings, days)
    return differences + list(compare(kept, fresh, days))


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
