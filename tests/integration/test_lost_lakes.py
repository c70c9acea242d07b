"""A home whose lake is gone or behind, while the platform and its books are there."""

import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.resources.lake import Lake
from pipelines.definitions import LAKE_TABLES
from schema.windows import DayRange
from tests.fixtures.command import command_of
from tests.fixtures.installation import PUBLISHED, Installation

NEXT = "2024-03-02"
CHANGED = "2024-02-28"
DAYS = DayRange(date.fromisoformat(PUBLISHED[0]), date.fromisoformat(NEXT))


def add_late_views(installation: Installation) -> None:
    """Views of a day that was published, by accounts that had not seen the post."""
    installation.execute(
        "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)"
        " SELECT users.id, post.id, 'VIEW', %(day)s::timestamptz + INTERVAL '23 hours'"
        " FROM users CROSS JOIN ("
        "  SELECT id, user_id FROM posts WHERE created_at < %(day)s ORDER BY id LIMIT 1"
        " ) AS post WHERE users.id <> post.user_id AND users.created_at < %(day)s"
        " AND NOT EXISTS ("
        "  SELECT FROM user_engagement AS seen WHERE seen.user_id = users.id"
        "  AND seen.post_id = post.id AND seen.engagement_type = 'VIEW'"
        " )",
        {"day": CHANGED},
    )


def missing(lake: Lake, days: DayRange) -> dict[str, list[date]]:
    """Days that the lake lacks, by table."""
    lacking = {table: lake.missing_days(table, days) for table in LAKE_TABLES}
    return {table: found for table, found in lacking.items() if found}


@pytest.mark.parametrize("lost", ["all of it", "user_analytics", "system_metrics", "post_scores"])
def test_a_run_publishes_the_days_of_its_lookback_anew_that_the_lake_has_lost(
    published_installation: Installation, lost: str
) -> None:
    add_late_views(published_installation)
    lake = published_installation.lake
    shutil.rmtree(lake.root if lost == "all of it" else lake.root / lost)

    published_installation.run(NEXT)

    assert missing(lake, DAYS) == {}
    asked = str(DAYS.first), NEXT
    assert published_installation.user_analytics() == published_installation.expected(
        "user_analytics", *asked
    )
    assert published_installation.system_metrics() == published_installation.expected(
        "system_metrics", *asked
    )


def test_days_before_the_lookback_that_the_lake_has_lost_are_named_with_what_mends_them(
    published_installation: Installation,
) -> None:
    installation = published_installation
    add_late_views(installation)
    shutil.rmtree(installation.lake.root)
    sociallive = command_of(installation, lookback_days=1)
    lost = DayRange(DAYS.first, DAYS.last - timedelta(days=2))
    mended_by = f"sociallive run --from {lost.first} --to {lost.last}"

    code, said = sociallive("run", "--date", NEXT)

    assert (code, said.count(mended_by)) == (0, 1), said
    code, said = sociallive("status")
    assert (code, said.count(mended_by)) == (0, 1), said
    assert set(missing(installation.lake, lost)) >= {"user_analytics", "system_metrics"}

    assert sociallive("run", "--from", str(lost.first), "--to", str(lost.last))[0] == 0

    assert mended_by not in sociallive("status")[1]
    assert missing(installation.lake, DAYS) == {}
    asked = str(DAYS.first), NEXT
    assert installation.user_analytics() == installation.expected("user_analytics", *asked)
    assert installation.system_metrics() == installation.expected("system_metrics", *asked)


def test_days_that_another_home_has_published_since_are_named_and_mended_here(
    published_installation: Installation, tmp_path: Path
) -> None:
    here = published_installation
    elsewhere = Installation(replace(here.settings, home=tmp_path / "elsewhere"))
    add_late_views(here)
    elsewhere.run(NEXT)
    asked = str(DAYS.first), NEXT
    assert here.user_analytics() == here.expected("user_analytics", *asked)
    sociallive = command_of(here, lookback_days=1)
    older = DayRange(DAYS.first - timedelta(days=1), DAYS.last - timedelta(days=2))
    mended_by = f"sociallive run --from {older.first} --to {older.last}"

    code, said = sociallive("run", "--date", NEXT)

    assert (code, said.count(mended_by)) == (0, 1), said
    assert sociallive("run", "--from", str(older.first), "--to", str(older.last))[0] == 0
    assert "Not in the lake as they were published last" not in sociallive("status")[1]
    asked = str(older.first), NEXT
    assert here.user_analytics() == here.expected("user_analytics", *asked)
    assert here.system_metrics() == here.expected("system_metrics", *asked)
