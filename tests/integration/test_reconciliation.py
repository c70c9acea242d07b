import os
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest

from assets.quality.analytics import reconcile_analytics
from assets.quality.books import compare_books
from assets.quality.counters import reconcile_counters
from assets.quality.findings import Finding, alarming
from assets.quality.lake_files import verify_lake_files
from assets.resources.engine import EngineName
from assets.resources.lake import Lake
from assets.resources.postgres import Postgres
from pipelines.definitions import LAKE_TABLES
from schema.errors import CorruptPartitionError
from schema.tables.columns import polars_schema
from schema.tables.user_analytics import UserAnalytics
from schema.windows import DayRange
from tests.fixtures.cold import flip_a_byte
from tests.fixtures.installation import Copy, Installation, copy_installation
from tests.fixtures.intake import put

DAYS = DayRange(date(2024, 3, 1), date(2024, 3, 2))
DAY = "2024-03-01"
A_ROW = f"(SELECT id FROM user_analytics WHERE date = '{DAY}' ORDER BY user_id LIMIT 1)"
# What the finding is about, and the statement that makes it so.
CORRUPTIONS = {
    "users.followers_count": """
        UPDATE users SET followers_count = followers_count + 1
        WHERE id = (SELECT id FROM users ORDER BY id LIMIT 1)""",
    "posts.likes_count": """
        UPDATE posts SET likes_count = likes_count + 1
        WHERE id = (SELECT id FROM posts ORDER BY id LIMIT 1)""",
    "user_analytics.total_likes": f"""
        UPDATE user_analytics SET total_likes = total_likes + 1 WHERE id = {A_ROW}""",
    "user_analytics.profile_views": f"""
        UPDATE user_analytics SET profile_views = NULL WHERE id = {A_ROW}""",
    "user_analytics rows": f"DELETE FROM user_analytics WHERE id = {A_ROW}",
    'system_metrics.engagement_events {"type": "LIKE"}': f"""
        UPDATE system_metrics SET metric_value = metric_value + 1 WHERE timestamp = '{DAY}'
        AND metric_name = 'engagement_events' AND tags = '{{"type": "LIKE"}}'""",
    'system_metrics.engagement_events {"type": "SAVE"}': f"""
        UPDATE system_metrics SET metric_value = metric_value + 0.5 WHERE timestamp = '{DAY}'
        AND metric_name = 'engagement_events' AND tags = '{{"type": "SAVE"}}'""",
    "system_metrics.unfollows": f"""
        DELETE FROM system_metrics WHERE metric_name = 'unfollows' AND timestamp = '{DAY}'""",
    "system_metrics.follows": f"""
        UPDATE system_metrics SET metric_value = 'NaN'
        WHERE metric_name = 'follows' AND timestamp = '{DAY}'""",
    'system_metrics.follows {"of": "bots"}': f"""
        INSERT INTO system_metrics (metric_name, metric_value, tags, timestamp)
        VALUES ('follows', 3, '{{"of": "bots"}}', '{DAY}')""",
    "system_metrics.follows without tags": f"""
        INSERT INTO system_metrics (metric_name, metric_value, tags, timestamp)
        VALUES ('follows', 3, NULL, '{DAY}')""",
}
Damage: TypeAlias = Callable[[Path], object]


@pytest.fixture(scope="module")
def published(lasting_copies: Copy, filled_template: str) -> Installation:
    """A platform whose days were run, to be copied."""
    installation = lasting_copies(filled_template, EngineName.DUCKDB, DAYS.first)
    installation.run(str(DAYS.first), str(DAYS.last))
    return installation


@pytest.fixture
def installation(copies: Copy, published: Installation) -> Installation:
    return copy_installation(published, copies)


def reconcile(installation: Installation) -> list[Finding]:
    """Every comparison there is."""
    postgres, lake = Postgres(installation.url), installation.lake
    return [
        *reconcile_counters(postgres),
        *reconcile_analytics(postgres, lake, DAYS),
        *verify_lake_files(lake, LAKE_TABLES, DAYS, with_digests=True),
        *compare_books(postgres, lake, LAKE_TABLES, DAYS),
    ]


def numbers(installation: Installation) -> dict[str, Finding]:
    """What the published numbers say of each other, on the first day."""
    findings = reconcile_analytics(Postgres(installation.url), installation.lake, DAYS)
    return {found.subject: found for found in findings if found.day == DAYS.first}


def test_an_undisturbed_platform_has_nothing_unexplained(installation: Installation) -> None:
    findings = reconcile(installation)

    compared = {finding.subject: finding.compared for finding in findings}
    assert alarming(findings) == []
    assert [found.explained for found in findings if found.check == "analytics"] == [{}] * 23
    assert compared["user_analytics rows"] == len(installation.user_analytics()) > 0
    assert compared['system_metrics.engagement_events {"type": "VIEW"}'] == len(DAYS)


class PublishedMeanwhile(Lake):
    """A run publishes the first day's numbers anew just before they are read."""

    def files(self, table: str, days: Iterable[date]) -> list[Path]:
        if table == "user_analytics":
            put(self, table, DAYS.first, pl.DataFrame(schema=polars_schema(UserAnalytics)))
        return super().files(table, days)


def test_a_day_that_is_published_while_it_is_compared_accuses_nobody(
    installation: Installation,
) -> None:
    lake = PublishedMeanwhile(installation.lake.root)

    findings = reconcile_analytics(Postgres(installation.url), lake, DAYS)

    assert alarming(findings) == []
    [told] = [finding for finding in findings if finding.subject == "days"]
    assert (told.compared, told.explained) == (1, {"not comparable": 1})


def test_days_are_compared_alike_however_few_fit_in_memory(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = reconcile_analytics(Postgres(installation.url), installation.lake, DAYS)
    monkeypatch.setattr("assets.quality.analytics.MOST_ROWS", 1)

    assert reconcile_analytics(Postgres(installation.url), installation.lake, DAYS) == together


@pytest.mark.parametrize(("subject", "statement"), CORRUPTIONS.items())
def test_a_value_changed_behind_the_pipelines_back_is_found_named_and_alone(
    installation: Installation, subject: str, statement: str
) -> None:
    installation.execute(statement)

    [alarm] = alarming(reconcile(installation))

    assert alarm.subject == subject
    assert alarm.advice
    assert alarm.day in {None, DAYS.first}
    assert (alarm.day is None) == (alarm.check == "counters")


def test_a_row_that_the_pipeline_did_not_write_is_found_with_its_account(
    installation: Installation,
) -> None:
    [(account,)] = installation.rows(
        "SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM user_analytics) LIMIT 1"
    )
    installation.execute(
        "INSERT INTO user_analytics (user_id, date) VALUES (%s, %s)", [account, DAY]
    )

    [alarm] = alarming(reconcile(installation))

    assert (alarm.subject, alarm.unexplained) == ("user_analytics rows", 1)
    assert alarm.examples == (str(account),)


def test_changes_that_cancel_each_other_out_are_found_with_both_accounts(
    installation: Installation,
) -> None:
    two = f"(SELECT id FROM user_analytics WHERE date = '{DAY}' ORDER BY user_id LIMIT 2)"
    installation.execute(
        f"UPDATE user_analytics SET post_engagements = post_engagements + "
        f"CASE WHEN id = {A_ROW} THEN 1 ELSE -1 END WHERE id IN {two}"
    )

    [alarm] = alarming(reconcile(installation))

    accounts = installation.rows(
        f"SELECT user_id::text FROM user_analytics WHERE id IN {two} ORDER BY user_id"
    )
    assert (alarm.subject, alarm.unexplained) == ("user_analytics.post_engagements", 2)
    assert list(alarm.examples) == [account for (account,) in accounts]


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def duplicate_a_row(path: Path) -> None:
    rows = pl.read_parquet(path)
    pl.concat([rows, rows.head(1)]).write_parquet(path)


@pytest.mark.fault
@pytest.mark.parametrize("table", ["user_engagement", "post_states"])
@pytest.mark.parametrize(
    ("damage", "defect"),
    [
        (Path.unlink, "missing"),
        (truncate, "truncated"),
        (flip_a_byte, "changed"),
        (duplicate_a_row, "changed"),
    ],
)
def test_a_file_damaged_behind_the_pipelines_back_is_found_named_and_alone(
    installation: Installation, table: str, damage: Damage, defect: str
) -> None:
    [path] = installation.lake.files(table, [DAYS.last])
    damage(path)

    [alarm] = alarming(reconcile(installation))

    assert (alarm.subject, alarm.day) == (f"{table}: {defect}", DAYS.last)
    assert alarm.examples == (str(path.relative_to(installation.settings.lake)),)


@pytest.mark.parametrize("damage", [Path.unlink, truncate, duplicate_a_row])
def test_a_day_of_damaged_files_takes_no_part_in_the_comparison_of_numbers(
    installation: Installation, damage: Damage
) -> None:
    [path] = installation.lake.files("user_analytics", [DAYS.last])
    damage(path)

    findings = reconcile_analytics(Postgres(installation.url), installation.lake, DAYS)

    assert findings[0].explained == {"not comparable": 1}
    assert alarming(findings) == []


@pytest.mark.fault
@pytest.mark.parametrize("table", ["user_analytics", "post_engagement_daily"])
def test_a_file_of_the_right_size_that_nobody_can_read_is_named_with_the_day_to_run(
    installation: Installation, table: str
) -> None:
    [path] = installation.lake.files(table, [DAYS.last])
    path.write_bytes(bytes(path.stat().st_size))

    with pytest.raises(CorruptPartitionError) as refused:
        reconcile_analytics(Postgres(installation.url), installation.lake, DAYS)

    assert f"{path} is damaged (changed: other bytes" in str(refused.value)
    assert f"run `sociallive run --date {DAYS.last}`" in str(refused.value)


def test_days_that_are_known_to_be_damaged_take_no_part_in_the_comparison_of_numbers(
    installation: Installation,
) -> None:
    [path] = installation.lake.files("user_analytics", [DAYS.last])
    path.write_bytes(bytes(path.stat().st_size))

    findings = reconcile_analytics(
        Postgres(installation.url), installation.lake, DAYS, damaged={DAYS.last}
    )

    assert findings[0].explained == {"not comparable": 1}
    assert alarming(findings) == []


def test_a_deleted_account_is_explained_wherever_its_numbers_are_missing(
    installation: Installation,
) -> None:
    [(account, likes, views)] = installation.rows(
        "SELECT user_id, total_likes, post_impressions FROM user_analytics "
        f"WHERE date = '{DAY}' ORDER BY total_likes DESC, user_id LIMIT 1"
    )
    installation.execute("DELETE FROM users WHERE id = %s", [account])

    told = numbers(installation)

    assert told["user_analytics rows"].explained == {"deleted accounts": 1}
    assert told['system_metrics.engagement_events {"type": "LIKE"}'].explained == {
        "deleted accounts": likes
    }
    assert told['system_metrics.engagement_events {"type": "VIEW"}'].explained == {
        "deleted accounts": views
    }
    assert alarming(told.values()) == []


def test_a_deleted_account_does_not_hide_what_else_is_wrong(installation: Installation) -> None:
    installation.execute(
        f"DELETE FROM users WHERE id = (SELECT user_id FROM user_analytics WHERE id = {A_ROW})"
    )
    installation.execute(f"DELETE FROM user_analytics WHERE id = {A_ROW}")

    rows = numbers(installation)["user_analytics rows"]

    assert (rows.explained, rows.unexplained) == ({"deleted accounts": 1}, 1)


def test_a_metric_repeats_no_alarm_about_user_analytics(installation: Installation) -> None:
    installation.execute(
        f"UPDATE user_analytics SET total_likes = total_likes + 7 WHERE id = {A_ROW}"
    )

    metric = numbers(installation)['system_metrics.engagement_events {"type": "LIKE"}']

    assert (metric.explained, metric.unexplained) == ({"user_analytics": 7}, 0)


def test_days_that_ledger_and_lake_tell_differently_are_left_to_the_books(
    installation: Installation,
) -> None:
    installation.execute(
        "UPDATE pipeline.partition_ledger SET load_id = 'another' "
        f"WHERE table_name = 'system_metrics' AND partition_date = '{DAY}'"
    )

    [alarm] = alarming(reconcile(installation))

    assert alarm.subject == "system_metrics: another load in the lake than in the ledger"


def test_running_the_day_again_heals_what_was_found(installation: Installation) -> None:
    installation.execute("UPDATE system_metrics SET metric_value = metric_value + 1")
    installation.execute("UPDATE user_analytics SET total_shares = total_shares + 1")
    assert alarming(reconcile(installation)) != []

    installation.run(str(DAYS.first), str(DAYS.last))

    assert alarming(reconcile(installation)) == []
