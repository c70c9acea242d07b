from datetime import date
from uuid import UUID

import pytest

from assets.resources.engine import open_engine
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.gathering import find_creator, gather_reports
from reports.creator.model import NUMBERS, CreatorReport, Period, ReportPeriod
from schema.errors import MissingPartitionError
from tests.fixtures.installation import Installation

LAST = date(2024, 3, 2)
COLUMNS = ", ".join(NUMBERS)


def gather(installation: Installation, period: Period) -> dict[UUID, CreatorReport]:
    published = Published(installation.lake, open_engine(installation.settings.engine))
    about = ReportPeriod(period, LAST)
    reports = gather_reports(published, Postgres(installation.url), about)
    return {report.user_id: report for report in reports}


def test_reports_follow_from_what_the_daily_job_published(
    recent_installation: Installation,
) -> None:
    recent_installation.run(str(LAST))

    reports = gather(recent_installation, Period.DAY)

    numbers = recent_installation.rows(f"SELECT user_id, {COLUMNS} FROM user_analytics")
    busy = {user: report for user, report in reports.items() if not report.is_quiet}
    assert {user: tuple(report.totals.values()) for user, report in busy.items()} == {
        user: tuple(row) for user, *row in numbers
    }
    posts = [post for report in reports.values() for post in report.posts]
    assert all(report.is_final for report in reports.values())
    assert sum(post.total for post in posts) > 0
    assert any(sum(amount for _, amount in post.receipt) == post.score for post in posts)
    user, report = max(busy.items(), key=lambda pair: pair[1].audience.reached or 0)
    assert report.audience.reached
    assert find_creator(Postgres(recent_installation.url), report.username) == user
    with pytest.raises(MissingPartitionError, match="no user_analytics of 2024-02-25"):
        gather(recent_installation, Period.WEEK)
