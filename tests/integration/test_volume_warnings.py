from datetime import date, timedelta

import dagster as dg
import psycopg

from assets.seeding.demo import generate_platform, write_platform
from pipelines.definitions import build_definitions
from pipelines.jobs import DAILY_JOB
from schema.windows import DayRange
from tests.fixtures.installation import Installation

D = date(2026, 11, 20)
PEOPLE = """
INSERT INTO users (email, username, password_hash, created_at)
SELECT n || '@users.invalid', 'user' || n, '!', '2026-01-01' FROM generate_series(1, 2000) AS n
"""
# Each day another post is viewed, for nobody views a post twice.
DAY = """
WITH post AS (
    INSERT INTO posts (user_id, content, created_at)
    SELECT id, 'one', %(day)s FROM users ORDER BY id LIMIT 1 RETURNING id
)
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT people.id, post.id, 'VIEW', %(day)s
FROM (SELECT id FROM users ORDER BY id LIMIT %(people)s) AS people CROSS JOIN post
"""


def evaluate(installation: Installation, days: DayRange) -> dict[str, dg.AssetCheckEvaluation]:
    """Run the daily job over the days, and look at what the checks of volume say."""
    job = build_definitions(installation.settings).resolve_job_def(DAILY_JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = job.execute_in_process(
            instance=instance,
            tags={
                "dagster/asset_partition_range_start": days.first.isoformat(),
                "dagster/asset_partition_range_end": days.last.isoformat(),
            },
        )
    assert outcome.success
    return {
        said.asset_key.to_user_string(): said
        for said in outcome.get_asset_check_evaluations()
        if said.check_name == "volume"
    }


def text(said: dg.AssetCheckEvaluation, key: str) -> str:
    return str(said.metadata[key].value)


def test_a_day_unlike_its_past_is_a_warning_in_a_run_that_succeeds(
    installation: Installation,
) -> None:
    days = DayRange(D - timedelta(weeks=4), D)
    installation.execute(PEOPLE)
    for day in days:
        installation.execute(DAY, {"day": day, "people": 2_000 if day == D else 40})

    said = evaluate(installation.since(days.first), days)

    unusual = {table for table, evaluation in said.items() if not evaluation.passed}
    assert unusual == {"user_engagement", "system_metrics"}
    assert {said[table].severity for table in unusual} == {dg.AssetCheckSeverity.WARN}
    assert not any(evaluation.blocking for evaluation in said.values())
    assert text(said["user_engagement"], "unusual").splitlines()[2:] == [
        "| 2026-11-20 | user_engagement | 2,000 | 0 to 166 | unusually many |"
    ]
    headlines = text(said["system_metrics"], "unusual").splitlines()[2:]
    assert [line.split(" | ")[1:3] for line in headlines] == [
        ["daily_active_users", "2,000"],
        ['engagement_events {"type": "VIEW"}', "2,000"],
    ]


def test_a_generated_platform_has_no_warnings(installation: Installation) -> None:
    days = DayRange(D - timedelta(days=34), D)
    platform = generate_platform(users=150, last_day=days.last, days=len(days), seed=7)
    with psycopg.connect(installation.url, options="-c TimeZone=UTC") as session:
        write_platform(session, platform, lambda _table, _rows: None)

    said = evaluate(installation.since(days.first), days)

    assert {table for table, evaluation in said.items() if not evaluation.passed} == set()
    judged = {table: said[table].metadata["judged"].value for table in said}
    assert judged["user_engagement"] == 7
    assert int(str(judged["system_metrics"])) > 50
