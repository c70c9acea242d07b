"""What does a day cost on top of a month of history, beside plain SQL inside PostgreSQL?

python -m benchmarks.daily_run [--events-per-day 200000] [--days 30] [--rounds 3]

Both compute `user_analytics`, `system_metrics`, scores and popular posts of the day that follows.
Ours also learns, explains, checks, and keeps the lake; plain SQL scores by a formula that fades and
leaves a dozen metrics out. The history is there before: ours has run its days in one run.
"""

import argparse
import json
import os
import tempfile
from datetime import date, timedelta
from pathlib import Path

import psycopg

from assets.resources.postgres import Postgres
from benchmarks.generated_engagement import make_days
from benchmarks.measuring import Candidate, Summary, show, take_turns
from benchmarks.servers import postmaster_of, throw_away_server
from pipelines.dagster_home import open_instance
from pipelines.runs import run_daily_job
from pipelines.settings import read_settings
from schema.windows import DayRange, parse_day

FIRST = date(2024, 1, 1)
PLAIN = Path(__file__).with_name("sql") / "plain_daily_run.sql"


def ours(prepared: str) -> int:
    """As `sociallive run --date D` does it."""
    run_ours(DayRange(day_of(prepared), day_of(prepared)))
    return events_of(prepared)


def plain_sql(prepared: str) -> int:
    """One transaction of plain statements."""
    text = PLAIN.read_text(encoding="utf-8")
    with Postgres(url_of(prepared)).administration() as session:
        facts = {"day": day_of(prepared)}
        session.execute(psycopg.ClientCursor(session).mogrify(text.encode(), facts).encode())
    return events_of(prepared)


CANDIDATES: dict[str, Candidate] = {"ours": ours, "plain SQL in PostgreSQL": plain_sql}


def day_of(prepared: str) -> date:
    """Day that this turn is about."""
    return parse_day(json.loads(prepared)["day"])


def url_of(prepared: str) -> str:
    """Address of the platform."""
    return str(json.loads(prepared)["url"])


def events_of(prepared: str) -> int:
    """Events of a day."""
    return int(json.loads(prepared)["events"])


def run_ours(days: DayRange) -> None:
    """The daily job in the home that the environment names."""
    settings = read_settings()
    with open_instance(settings) as instance:
        run_daily_job(settings, days, instance=instance)


def compare(url: str, home: Path, days: int, events: int, rounds: int) -> list[dict[str, Summary]]:
    """Run the history, then one more day per round."""
    every = [FIRST + timedelta(days=n) for n in range(days + rounds)]
    make_days(url, every, events_per_day=events)
    os.environ |= {
        "SOCIALLIVE_DATABASE_URL": url,
        "SOCIALLIVE_HOME": str(home),
        "SOCIALLIVE_FIRST_DAY": FIRST.isoformat(),
    }
    run_ours(DayRange(every[0], every[days - 1]))
    turns = []
    for day in every[days:]:
        prepared = json.dumps({"url": url, "day": day.isoformat(), "events": events})
        turns.append(
            take_turns(
                "benchmarks.daily_run",
                list(CANDIDATES),
                prepared,
                rounds=1,
                server=postmaster_of(url),
            )
        )
    return turns


def main() -> None:
    """Make the platform, then compare, day after day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events-per-day", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with throw_away_server() as url, tempfile.TemporaryDirectory() as home:
        turns = compare(url, Path(home), given.days, given.events_per_day, given.rounds)
    for number, costs in enumerate(turns, given.days + 1):
        show(f"Day {number}, {given.events_per_day:,} events a day", costs, beside="ours")


if __name__ == "__main__":
    main()
