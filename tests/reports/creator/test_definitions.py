import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import dagster as dg
import psycopg

from assets.partitions import daily_partitions
from assets.resources.engine import EngineName, open_engine
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.definitions import (
    NEWS_DAYS,
    ReportSite,
    creator_reports_asset,
    publish_period,
)
from reports.creator.model import CreatorReport, Period, ReportPeriod
from reports.creator.publishing import HISTORY, creator_folder
from reports.creator.words import span
from schema.windows import DayRange
from tests.fixtures.check_results import record_result
from tests.fixtures.creator_reports import WEEK, believable, hostile, identity
from tests.fixtures.read_page import page_json, read_page
from tests.fixtures.reported_platform import publish_tables, write_tables
from tests.fixtures.reported_tables import LAST as REPORTED
from tests.fixtures.reported_tables import PUBLISHED
from tests.reports.creator.test_privacy import ANA, EVE, two_creators

LAST = WEEK.last


def publish(folder: Path, today: date, reports: Sequence[CreatorReport]) -> dict[str, object]:
    """Facts that Dagster would show; every creator is queued, and each is told apart."""

    def queue(period: ReportPeriod, creators: Sequence[UUID]) -> dict[str, int]:
        assert period == WEEK
        assert list(creators) == [report.user_id for report in reports]
        return {"queued": len(creators)}

    site = ReportSite(folder, queue, today)
    return publish_period(site, WEEK, reports, lambda _new: {}, lambda _said: None)


def several() -> list[CreatorReport]:
    """One more than are previewed, busier and busier."""
    first = believable()
    views = first.totals["post_impressions"]
    return [
        replace(first, user_id=identity(n), totals=dict(first.totals, post_impressions=views + n))
        for n in range(6)
    ]


def test_a_period_that_has_just_ended_is_written_and_queued(tmp_path: Path) -> None:
    reports = several()

    facts = publish(tmp_path, LAST + timedelta(days=NEWS_DAYS), reports)
    again = publish(tmp_path, LAST + timedelta(days=NEWS_DAYS), reports)

    assert (facts["pages"], facts["pages_written"], facts["mails_queued"]) == (6, 6, 6)
    assert (again["pages"], again["pages_written"], again["mails_queued"]) == (6, 0, 6)


def test_nobody_is_mailed_about_days_long_gone(tmp_path: Path) -> None:
    facts = publish(tmp_path, LAST + timedelta(days=NEWS_DAYS + 1), several())

    assert facts["pages"] == 6
    assert "mails_queued" not in facts


def test_the_busiest_creators_are_previewed_by_id_and_never_by_name(tmp_path: Path) -> None:
    facts = publish(tmp_path, LAST, [*several(), hostile()])

    shown = str(facts["busiest"])
    assert str(identity(5)) in shown
    assert str(identity(0)) not in shown
    assert hostile().username not in shown
    assert "](data:image/png;base64,iVBOR" in str(facts["picture"])


def test_a_preview_fits_beside_an_id_and_its_picture_says_days_and_amounts(tmp_path: Path) -> None:
    [report] = several()[:1]

    facts = publish(tmp_path, LAST, [report])

    busiest, picture = facts["busiest"], facts["picture"]
    assert isinstance(busiest, dg.MarkdownMetadataValue)
    assert isinstance(picture, dg.MarkdownMetadataValue)
    head, _, _ = (busiest.md_str or "").partition("\n")
    assert head == "| creator | impressions | engagements | followers gained |"
    said, _, _ = (picture.md_str or "").partition("\n")
    most = max(report.series["post_impressions"])
    assert said.endswith(f" per day, {span(report.calendar)}; the tallest bar is {most:,}")


def test_a_period_is_final_when_every_report_is(tmp_path: Path) -> None:
    final = replace(believable(), final_days=frozenset(WEEK.shown))
    provisional = replace(final, user_id=identity(1), final_days=frozenset())

    assert publish(tmp_path, LAST, [final])["is_final"] is True
    assert publish(tmp_path, LAST, [final, provisional])["is_final"] is False


def test_a_day_refused_before_the_period_is_on_no_page_and_in_no_new_history(
    database: str, lake: Lake, tmp_path: Path
) -> None:
    """A row that a history has of it stays as it was last reported."""
    first, second = UUID(bytes=ANA), UUID(bytes=EVE)
    publish_tables(lake, two_creators())
    with psycopg.connect(database) as session:
        write_tables(session, two_creators())
        session.execute(
            "INSERT INTO user_analytics (user_id, date) VALUES (%s, %s), (%s, %s)",
            [first, REPORTED - timedelta(days=40), second, REPORTED - timedelta(days=40)],
        )
    asset = creator_reports_asset(
        Period.DAY, daily_partitions(PUBLISHED.first), first_day=PUBLISHED.first
    )
    resources = {
        "postgres": Postgres(database),
        "published": Published(lake, open_engine(EngineName.POLARS)),
        "report_site": ReportSite(tmp_path, lambda _period, _creators: {}, REPORTED),
    }

    def write(instance: dg.DagsterInstance) -> None:
        key = REPORTED.isoformat()
        dg.materialize([asset], instance=instance, partition_key=key, resources=resources)

    def history(creator: UUID) -> dict[str, str]:
        _, *rows = (creator_folder(tmp_path, creator) / HISTORY).read_text().splitlines()
        return {row.partition(",")[0]: row for row in rows}

    refused = {REPORTED - timedelta(days=days) for days in (3, 35)}
    with dg.DagsterInstance.ephemeral() as instance:
        write(instance)
        before = history(first)
        shutil.rmtree(creator_folder(tmp_path, second))
        for day in refused:
            record_result(instance, DayRange(day, day), day)
        write(instance)

    page = creator_folder(tmp_path, first) / f"day-{REPORTED}.html"
    shown = page_json(read_page(page.read_text()))["days"]
    assert (len(shown), refused & set(map(date.fromisoformat, shown))) == (28, set())
    assert history(first) == before
    assert before.keys() - history(second).keys() == set(map(str, refused))
