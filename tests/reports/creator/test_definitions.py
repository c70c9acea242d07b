from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from reports.creator.definitions import NEWS_DAYS, ReportSite, publish_period
from reports.creator.model import CreatorReport, ReportPeriod
from tests.fixtures.creator_reports import WEEK, believable, hostile, identity

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


def test_a_period_is_final_when_every_report_is(tmp_path: Path) -> None:
    final = replace(believable(), final_days=frozenset(WEEK.shown))
    provisional = replace(final, user_id=identity(1), final_days=frozenset())

    assert publish(tmp_path, LAST, [final])["is_final"] is True
    assert publish(tmp_path, LAST, [final, provisional])["is_final"] is False
