from datetime import date

import dagster as dg
import pytest

from pipelines.runs import run_daily_job
from schema.windows import DayRange
from tests.fixtures.installation import Installation

LEAP_DAY = "2024-02-29"
ALWAYS_THERE = [
    "active_creators",
    "active_sessions",
    "comments_created",
    "daily_active_users",
    "follows",
    "media_bytes",
    "monthly_active_users",
    "new_sessions",
    "new_users",
    "posts_created",
    "unfollows",
    "weekly_active_users",
]
EVENT = """
WITH people AS (
    INSERT INTO users (id, email, username, password_hash, created_at)
    SELECT gen_random_uuid(), n || '@users.invalid', 'user' || n, '!', %(at)s::timestamp
    FROM generate_series(1, %(people)s) AS n
    RETURNING id
), post AS (
    INSERT INTO posts (user_id, content, created_at)
    SELECT id, 'one', %(at)s::timestamp FROM people ORDER BY id LIMIT 1 RETURNING id
)
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT people.id, post.id, 'VIEW', %(at)s::timestamp FROM people CROSS JOIN post
"""
UPLOAD = """
INSERT INTO media_files (user_id, filename, storage_path, file_size, created_at)
SELECT id, 'film', 'here', %(size)s, %(at)s::timestamp FROM users LIMIT 1
"""


@pytest.fixture
def in_november(installation: Installation) -> Installation:
    return installation.since(date(2026, 10, 30))


def test_a_platform_without_any_data_has_zeros_and_no_rates(in_november: Installation) -> None:
    in_november.run("2026-11-01", "2026-11-02")

    assert in_november.user_analytics() == []
    assert in_november.system_metrics() == in_november.expected(
        "system_metrics", "2026-11-01", "2026-11-02"
    )
    untagged = {name for _, name, tags, value in in_november.system_metrics() if tags == "{}"}
    assert sorted(untagged) == ALWAYS_THERE


def test_a_day_with_one_event_has_one_row(in_november: Installation) -> None:
    in_november.execute(EVENT, {"at": "2026-11-01 23:59:59.999999", "people": 1})

    in_november.run("2026-11-01", "2026-11-02")

    assert [row[1:] for row in in_november.user_analytics()] == [
        (in_november.rows("SELECT DATE '2026-11-01'")[0][0], 0, 1, 0, 0, 0, 0, 0, 0)
    ]


@pytest.mark.parametrize("at", ["2024-02-29 00:00:00", "2024-02-29 23:59:59.999999"])
def test_the_leap_day_is_a_day_like_any_other(installation: Installation, at: str) -> None:
    installation.execute(EVENT, {"at": at, "people": 3})

    installation.run("2024-02-28", "2024-03-01")

    assert installation.metric("daily_active_users", LEAP_DAY) == 3
    assert installation.metric("daily_active_users", "2024-03-01") == 0
    assert installation.system_metrics() == installation.expected(
        "system_metrics", "2024-02-28", "2024-03-01"
    )


def test_a_day_with_ten_times_the_usual_has_ten_times_the_numbers(
    in_november: Installation,
) -> None:
    in_november.execute(EVENT, {"at": "2026-11-01 12:00:00", "people": 30})
    in_november.execute(
        "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at) "
        "SELECT users.id, posts.id, kind, '2026-11-02 12:00' FROM users CROSS JOIN posts "
        "CROSS JOIN unnest(enum_range('LIKE'::engagement_type_enum, 'COMMENT')) AS kind"
    )

    in_november.run("2026-11-01", "2026-11-02")

    engagements = [row[4] for row in in_november.user_analytics()]
    assert engagements == [0, 90]
    assert in_november.user_analytics() == in_november.expected(
        "user_analytics", "2026-11-01", "2026-11-02"
    )


def test_today_can_be_run_and_is_provisional(installation: Installation) -> None:
    today = str(installation.rows("SELECT CURRENT_DATE")[0][0])

    installation.run(today)

    assert installation.metric("day_final", today, '{"table": "user_engagement"}') == 0


def test_an_emptied_day_loses_its_rows(in_november: Installation) -> None:
    in_november.execute(EVENT, {"at": "2026-11-01 12:00:00", "people": 2})
    in_november.run("2026-11-01")
    in_november.execute("DELETE FROM user_engagement")
    in_november.execute("DELETE FROM posts")

    in_november.run("2026-11-01")

    assert in_november.user_analytics() == []
    assert in_november.metric("engagement_events", "2026-11-01", '{"type": "VIEW"}') == 0


def test_a_day_of_more_bytes_than_fit_lacks_that_number_only_and_says_so(
    in_november: Installation,
) -> None:
    in_november.execute(EVENT, {"at": "2026-11-01 12:00:00", "people": 2})
    in_november.execute(UPLOAD, {"at": "2026-11-01 12:00:00", "size": 100_000_000_000})
    days = DayRange(date(2026, 11, 1), date(2026, 11, 1))

    with dg.DagsterInstance.ephemeral() as instance:
        run_daily_job(in_november.settings, days, instance=instance)
        (run,) = instance.get_runs()
        told = [entry.user_message for entry in instance.all_logs(run.run_id)]

    assert in_november.metric("media_bytes", "2026-11-01") is None
    assert in_november.metric("daily_active_users", "2026-11-01") == 2
    assert in_november.metric("media_uploads", "2026-11-01", '{"status": "PENDING"}') == 1
    assert [text.split(",")[0] for text in told if text.startswith("media_bytes")] == [
        "media_bytes of 2026-11-01 is left out: it reaches 100"
    ]
