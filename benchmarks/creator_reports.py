"""What does a week's reports of all creators cost, from the lake to the outbox?

SOCIALLIVE_HOME=/tmp/large .venv/bin/sociallive demo --days 35 --users 12000
SOCIALLIVE_HOME=/tmp/large python -m benchmarks.creator_reports

Gathers, renders, queues and writes the mails of the week that ends with the newest published day
of that installation; pages and mails go to a folder that is thrown away, and no server is asked to
send anything. A second time nothing is new. Seconds are of the clock; `benchmarks.creator_pages`
compares a page with Plotly's own.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from pipelines.delivering import letterhead_of
from pipelines.platform import ready_platform
from pipelines.settings import Settings, read_settings
from reports.creator.gathering import gather_reports
from reports.creator.model import CreatorReport, Period, ReportPeriod
from reports.creator.publishing import publish_reports
from reports.delivery.eml_folder import EmlFolder
from reports.delivery.letter import Letter
from schema.windows import start_of

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


def write_mails(settings: Settings, reports: list[CreatorReport], folder: Path) -> None:
    """Compose every mail, and write it as the outbox folder does."""
    letterhead, sender = letterhead_of(settings), EmlFolder(folder)
    for report in reports:
        queued_at = start_of(report.period.last)
        sender.hand_over(letterhead.write(Letter(report, "somebody@example.invalid", queued_at)))


def count_rows(platform: Postgres) -> int:
    """Accounts of the platform."""
    with platform.session(Role.READER) as connection:
        row = connection.execute("SELECT count(*) FROM users").fetchone()
    return int(row[0]) if row else 0


def run(settings: Settings, folder: Path) -> None:
    """Take the steps one after the other."""
    platform = ready_platform(settings)
    lake = Lake(settings.lake)
    published = Published(lake, open_engine(settings.engine, scratch=folder))
    period = ReportPeriod(Period.WEEK, lake.published_days("user_analytics")[-1])
    print(f"{count_rows(platform):,} accounts, the week that ends with {period.last}")
    reports: list[CreatorReport] = []
    with timed("gathered", lambda: len(reports)):
        reports += gather_reports(published, platform, period)
    with timed("pages written", lambda: len(reports)):
        publish_reports(reports, folder)
    with timed("pages unchanged", lambda: len(reports)):
        publish_reports(reports, folder)
    with timed("mails written", lambda: len(reports)):
        write_mails(settings, reports, folder / "outbox")
    pages = [path.stat().st_size for path in folder.glob("creators/*/*.html")]
    mails = [path.stat().st_size for path in folder.glob("outbox/*/*.eml")]
    print(f"a page has {sum(pages) / len(pages) / KB_PER_MB:.0f} kB on average, ", end="")
    print(f"a mail {sum(mails) / len(mails) / KB_PER_MB:.0f} kB")


def main() -> None:
    """Measure the installation of the environment."""
    with tempfile.TemporaryDirectory() as name:
        settings = replace(read_settings(), smtp=None, mail_from=None, public_url=None)
        run(settings, Path(name))


if __name__ == "__main__":
    main()
