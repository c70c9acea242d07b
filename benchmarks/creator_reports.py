"""What does a week's reports of all creators cost, from the lake to the outbox?

python -m benchmarks.creator_reports [--accounts 12000] [--posts 2000]

Gathers, renders and writes the pages of the one week of a platform of its own, with five events of
each account a day, and delivers their mails to the outbox folder; no server is asked to send
anything. A second time nothing is new.
Seconds are of the clock; `benchmarks.creator_pages` compares a page with Plotly's own.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from benchmarks import daily_run
from benchmarks.generated_engagement import LEAST_POSTS
from benchmarks.growth import WEEK, platform
from pipelines.delivering import deliver_by, report_site_of
from pipelines.platform import ready_platform
from pipelines.settings import read_settings
from reports.creator.gathering import gather_reports
from reports.creator.model import CreatorReport, Period, ReportPeriod
from reports.creator.publishing import publish_reports

KB_PER_MB = 1024


@contextmanager
def timed(what: str, amount: Callable[[], int]) -> Iterator[None]:
    """Print what a step took, per second and at most in memory so far."""
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB
    each = f"{amount():,} in {seconds:.1f} s"
    print(f"{what:>18}: {each:>20}, {amount() / seconds:8,.0f} a second, {peak:,.0f} MB at most")


def count_rows(postgres: Postgres) -> int:
    """Accounts of the platform."""
    with postgres.session(Role.READER) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    return int(row[0]) if row else 0


def run(folder: Path) -> None:
    """Take the steps one after the other, in the installation of the environment."""
    settings = replace(read_settings(), smtp=None, mail_from=None, public_url=None)
    postgres = ready_platform(settings)
    published = Published(Lake(settings.lake), open_engine(settings.engine, scratch=folder))
    period = ReportPeriod(Period.WEEK, WEEK.last)
    print(f"{count_rows(postgres):,} accounts, the week that ends with {period.last}")
    reports: list[CreatorReport] = []
    with timed("gathered", lambda: len(reports)):
        reports += gather_reports(published, postgres, period)
    with timed("pages written", lambda: len(reports)):
        publish_reports(reports, settings.reports)
    with timed("pages unchanged", lambda: len(reports)):
        publish_reports(reports, settings.reports)
    creators = [report.user_id for report in reports]
    reports.clear()
    with timed("mails queued", lambda: len(creators)):
        report_site_of(settings, postgres).queue(period, creators)
    for what in ("mails delivered", "delivered again"):
        states: Counter[str] = Counter()
        with timed(what, states.total):
            states += deliver_by(settings, postgres)(progress=lambda _said: None).states
        print(f"{what:>18}: {dict(states)}")
    pages = [path.stat().st_size for path in settings.reports.glob("creators/*/*.html")]
    found = list(settings.outbox.glob("*/*.eml"))
    mails = [path.stat().st_size for path in found]
    if sorted(path.stem for path in found) != sorted(map(str, creators)):
        raise AssertionError("there is not one mail for each creator")
    print(f"a page has {sum(pages) / len(pages) / KB_PER_MB:.0f} kB on average, ", end="")
    print(f"a mail {sum(mails) / len(mails) / KB_PER_MB:.0f} kB")


def main() -> None:
    """Make the week, then measure; each in a process of its own, for the sake of the memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=12_000)
    parser.add_argument("--posts", type=int, default=LEAST_POSTS, help="of a day, at least")
    given = parser.parse_args()
    accounts: int = given.accounts
    apart = multiprocessing.get_context("spawn")
    with (
        platform(WEEK, events=5 * accounts, accounts=accounts, posts=given.posts),
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, mp_context=apart, max_tasks_per_child=1) as pool,
    ):
        pool.submit(daily_run.run_ours, WEEK).result()
        pool.submit(run, Path(folder)).result()


if __name__ == "__main__":
    main()
