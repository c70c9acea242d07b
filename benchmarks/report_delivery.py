"""How fast are reports written as mail and put into the outbox folder, and how large are they?

python -m benchmarks.report_delivery [--creators 2000]

Everything that delivery does for a creator, besides gathering the numbers: taking the row, writing
the message, passing the gate, writing the file durably, recording it. Beside it: writing the
message alone. Mails per second, bytes per mail, the highest memory of the process.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import psycopg

from assets.resources.postgres import Postgres, Role
from benchmarks.servers import throw_away_server
from reports.creator.model import (
    ENGAGEMENTS,
    NUMBERS,
    CreatorReport,
    Period,
    ReportPeriod,
    TopPost,
    Usual,
)
from reports.delivery.delivery import Delivery
from reports.delivery.eml_folder import EmlFolder
from reports.delivery.letter import Letter
from reports.delivery.links import Links
from reports.delivery.mail import Letterhead
from reports.delivery.outbox import queue_reports
from schema.migrate import migrate

WEEK = ReportPeriod(Period.WEEK, date(2024, 3, 2))
NOW = datetime(2024, 3, 3, tzinfo=UTC)
HEAD = Letterhead("reports@example.org", Links(b"k" * 32, "https://reports.example.org"))
USERS = """
INSERT INTO users (id, email, username, password_hash)
SELECT md5('user' || n)::uuid, n || '@example.org', 'user' || n, 'x'
FROM generate_series(1, {creators}) AS n
"""


def report_of(user_id: UUID) -> CreatorReport:
    """A creator's good week."""
    days = list(WEEK.shown)
    counts = [100 + (user_id.int + n * 37) % 80 for n in range(len(days))]
    return CreatorReport(
        user_id=user_id,
        username=f"creator {str(user_id)[:8]}",
        period=WEEK,
        days=days,
        series=dict.fromkeys(NUMBERS, counts),
        by_type=dict.fromkeys(ENGAGEMENTS, counts),
        totals=dict.fromkeys(NUMBERS, sum(counts[-7:])),
        usual=dict.fromkeys(NUMBERS, Usual(4, Fraction(900), 800, 1_000)),
        final_days=frozenset(days),
        followers=1_234,
        posts_created=3,
        posts=[_post(number) for number in range(5)],
    )


def _post(number: int) -> TopPost:
    return TopPost(
        post_id=UUID(int=number),
        created_at=NOW - timedelta(days=number),
        media_type="IMAGE",
        visibility="PUBLIC",
        is_deleted=False,
        text=f"Post number {number}, of which there is this to say, and a little more",
        impressions=1_000 - number,
        engagements=dict.fromkeys(ENGAGEMENTS, 10),
        receipt=(("engagement of the last 24 hours", Decimal("31.40")),),
    )


def gather(_period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
    """What is measured elsewhere."""
    return (report_of(user_id) for user_id in creators)


def write_alone(creators: Sequence[UUID]) -> float:
    """Seconds of writing the messages and nothing else."""
    begun = time.perf_counter()
    for user_id in creators:
        HEAD.write(Letter(report_of(user_id), "a@example.org", NOW))
    return time.perf_counter() - begun


def deliver(postgres: Postgres, folder: Path) -> float:
    """Seconds of a run of delivery."""
    delivery = Delivery(postgres, gather, HEAD, EmlFolder(folder), clock=lambda: NOW)
    begun = time.perf_counter()
    delivery.run()
    return time.perf_counter() - begun


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--creators", type=int, default=2_000)
    count: int = arguments.parse_args().creators
    with throw_away_server() as url, tempfile.TemporaryDirectory() as folder:
        migrate(url)
        with psycopg.connect(url) as session:
            session.execute(USERS.format(creators=count).encode())
            creators = [row[0] for row in session.execute("SELECT id FROM users")]
        postgres = Postgres(url)
        with postgres.session(Role.MAILER) as connection:
            queue_reports(connection, WEEK, creators, now=NOW, reaches_anyone=True)
        alone, whole = write_alone(creators), deliver(postgres, Path(folder))
        sizes = [path.stat().st_size for path in Path(folder).rglob("*.eml")]
    assert len(sizes) == count
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{count:,} creators, {sum(sizes) / count / 1024:.1f} kB a mail, {memory} MB of memory")
    print(f"written alone    {count / alone:8.1f} mails a second")
    print(f"into the outbox  {count / whole:8.1f} mails a second")


if __name__ == "__main__":
    main()
