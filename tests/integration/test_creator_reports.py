import email
from datetime import date
from email import policy
from pathlib import Path
from uuid import UUID

import dagster as dg

from assets.resources.engine import open_engine
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from pipelines.definitions import build_definitions
from pipelines.delivering import deliver_by, report_site_of
from reports.creator.gathering import find_creator, gather_reports
from reports.creator.model import NUMBERS, CreatorReport, Period, ReportPeriod
from schema.windows import DayRange
from tests.fixtures.check_results import record_result
from tests.fixtures.installation import Installation
from tests.fixtures.read_page import page_json, read_page

RESTATED = """INSERT INTO pipeline.restatements (table_name, date, user_id, metric_name, old_value,
new_value, reasons, was_final, run_id)
SELECT 'user_analytics', %s, id, 'total_likes', 1, 2, '{late}', false, 'run' FROM users"""
CHANGED = "What changed since it was first published"
WANT_THEM_DAILY = """INSERT INTO pipeline.report_preferences
SELECT id, 'daily', now(), 'operator' FROM users"""
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
    weekly = gather(recent_installation, Period.WEEK)
    assert {report.begins_late for report in weekly.values()} == {LAST}
    assert {user: report.totals for user, report in weekly.items() if not report.is_quiet} == {
        user: report.totals for user, report in busy.items()
    }


def write_pages(installation: Installation) -> None:
    """Materialize the reports of the day, as the schedule does; a check refuses them afterwards."""
    job = build_definitions(installation.settings).resolve_job_def("report_each_day")
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(partition_key=str(LAST), instance=instance).success
        record_result(instance, DayRange(LAST, LAST), LAST)
        refused = job.execute_in_process(
            partition_key=str(LAST), instance=instance, raise_on_error=False
        )
    [failure] = [event for event in refused.all_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data
    assert said is not None
    assert f"no report shows {LAST}: published_numbers of user_analytics" in str(said.description)


def impressions_of(mail: Path) -> int:
    """The first number of a mail's plain text, which is that of the impressions."""
    message = email.message_from_bytes(mail.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    (line,) = [line for line in body.get_content().splitlines() if "impression" in line][:1]
    return int(line.split()[0].replace(",", ""))


def test_pages_and_mails_of_all_creators_say_what_the_tables_say(
    recent_installation: Installation,
) -> None:
    recent_installation.run(str(LAST))
    views_of = "SELECT user_id, post_impressions FROM user_analytics WHERE post_impressions > 0"
    numbers: dict[UUID, int] = dict(recent_installation.rows(views_of))
    settings, platform = recent_installation.settings, Postgres(recent_installation.url)

    write_pages(recent_installation)

    page_paths = list(settings.reports.glob(f"creators/*/day-{LAST}.html"))
    pages = {
        UUID(path.parent.name): page_json(read_page(path.read_text(encoding="utf-8")))
        for path in page_paths
    }
    said = {user: page["series"]["post_impressions"][-1] for user, page in pages.items()}
    assert {user: views for user, views in said.items() if views} == numbers

    recent_installation.execute(WANT_THEM_DAILY)
    recent_installation.execute(RESTATED, [LAST])
    site, deliver = report_site_of(settings, platform), deliver_by(settings, platform)
    about = ReportPeriod(Period.DAY, LAST)
    first, second = (site.queue(about, sorted(pages)) for _ in range(2))
    assert (first["queued"], second["queued"], second["known"]) == (len(pages), 0, len(pages))
    assert deliver(progress=lambda _said: None).states == {"sent": len(pages)}
    assert not deliver(progress=lambda _said: None).states

    mails = {UUID(path.stem): path for path in settings.outbox.glob(f"day-{LAST}/*.eml")}
    assert set(mails) == set(pages)
    assert {user: impressions_of(mails[user]) for user in numbers} == numbers
    assert all(b"1 number of this day" in mail.read_bytes() for mail in mails.values())
    linked = [path.read_text(encoding="utf-8") for path in page_paths]
    assert all(CHANGED in page for page in linked)
