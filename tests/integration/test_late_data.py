from typing import Any

import psycopg
import pytest

from schema.errors import RunFailedError
from tests.fixtures.installation import Installation

D, NEXT, LAST = "2024-02-28", "2024-02-29", "2024-03-02"
# A VIEW that nobody has had yet, of the first post that somebody else wrote.
LATE_VIEW = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT users.id, posts.id, 'VIEW', %(at)s FROM posts JOIN users ON users.id <> posts.user_id
WHERE posts.created_at < %(at)s AND NOT EXISTS (
    SELECT FROM user_engagement_keys AS held WHERE held.user_id = users.id
        AND held.post_id = posts.id AND held.engagement_type = 'VIEW'
)
ORDER BY users.id, posts.id LIMIT 1
"""
ONE_LIKE = """
DELETE FROM user_engagement WHERE id = (
    SELECT id FROM user_engagement WHERE engagement_type = 'LIKE'
        AND created_at >= %(day)s::date AND created_at < %(day)s::date + 1 ORDER BY id LIMIT 1
)
"""


@pytest.fixture
def installation(published_installation: Installation) -> Installation:
    """A platform whose days before the last have run."""
    return published_installation


def assert_right(installation: Installation, last: str = LAST) -> None:
    first = "2024-02-26"
    assert installation.user_analytics() == installation.expected("user_analytics", first, last)
    metrics = [row for row in installation.system_metrics() if str(row[0]) <= last]
    assert metrics == installation.expected("system_metrics", first, last)


def restated(installation: Installation, where: str = "TRUE") -> list[tuple[Any, ...]]:
    return installation.rows(
        "SELECT table_name, date::text, metric_name, old_value, new_value, reasons "
        f"FROM pipeline.restatements WHERE {where} ORDER BY 1, 2, 3, tags"
    )


def load_ids(installation: Installation) -> dict[tuple[str, str], str]:
    rows = installation.rows(
        "SELECT table_name, partition_date::text, load_id FROM pipeline.partition_ledger"
    )
    return {(table, day): load for table, day, load in rows}


def changed_partitions(before: dict[Any, str], after: dict[Any, str]) -> set[tuple[str, str]]:
    return {key for key, load in before.items() if after[key] != load}


def test_a_row_that_arrives_late_reaches_its_day_with_the_next_daily_run(
    installation: Installation,
) -> None:
    installation.execute(LATE_VIEW, {"at": f"{D} 12:00"})

    installation.run(LAST)

    assert_right(installation)
    views = installation.metric("engagement_events", D, '{"type": "VIEW"}') or 0
    assert restated(installation, "metric_name = 'engagement_events'") == [
        ("system_metrics", D, "engagement_events", views - 1, views, ["late"])
    ]
    [(_, day, name, old, new, reasons)] = restated(installation, "user_id IS NOT NULL")
    assert (day, name, new - old, reasons) == (D, "post_impressions", 1, ["late"])


def test_an_unlike_takes_the_like_from_its_day(installation: Installation) -> None:
    installation.execute(ONE_LIKE, {"day": D})

    installation.run(LAST)

    assert_right(installation)
    changes = restated(installation, "user_id IS NOT NULL")
    assert [(name, new - old, reasons) for _, _, name, old, new, reasons in changes] == [
        ("post_engagements", -1, ["removed"]),
        ("total_likes", -1, ["removed"]),
    ]


def test_only_the_changed_day_and_what_depends_on_it_are_made_again(
    installation: Installation,
) -> None:
    before = load_ids(installation)
    installation.execute(LATE_VIEW, {"at": f"{D} 12:00"})

    installation.run(LAST)

    again = changed_partitions(before, load_ids(installation))
    assert {day for table, day in again if table == "user_engagement"} == {D}
    assert {day for table, day in again if table == "user_analytics"} == {D}
    assert {day for table, day in again if table == "user_activity"} == {D}
    assert {day for table, day in again if table == "system_metrics"} == {D, NEXT, "2024-03-01"}
    assert {day for table, day in again if table == "post_scores"} == {D, NEXT, "2024-03-01"}


def test_a_daily_run_leaves_days_alone_in_which_nothing_changed(
    installation: Installation,
) -> None:
    before = load_ids(installation)
    installation.execute(LATE_VIEW, {"at": f"{D} 12:00"})
    installation.execute("DELETE FROM user_engagement WHERE created_at = %s", [f"{D} 12:00"])

    installation.run(LAST)

    assert changed_partitions(before, load_ids(installation)) == set()
    assert restated(installation) == []


def test_an_erased_account_is_the_reason_for_what_went_with_it(
    installation: Installation,
) -> None:
    installation.execute(
        "DELETE FROM users WHERE id = (SELECT user_id FROM user_engagement "
        "WHERE created_at >= %s::date AND created_at < %s::date + 1 "
        "GROUP BY user_id ORDER BY count(*) DESC, user_id LIMIT 1)",
        [D, D],
    )

    installation.run(LAST)

    assert_right(installation)
    changes = restated(installation, "user_id IS NOT NULL OR metric_name = 'engagement_events'")
    assert {tuple(row[5]) for row in changes} == {("erased",)}


def test_a_post_that_moderation_rejected_is_named_as_the_reason(
    installation: Installation,
) -> None:
    post = installation.rows(
        "SELECT post_id FROM user_engagement WHERE created_at >= %s::date "
        "AND created_at < %s::date + 1 GROUP BY post_id ORDER BY count(*) DESC, post_id LIMIT 1",
        [D, D],
    )[0][0]
    installation.execute(
        "INSERT INTO content_moderation (content_type, content_id, status, reviewed_at) "
        "VALUES ('POST', %s, 'REJECTED', now())",
        [post],
    )
    installation.execute("DELETE FROM posts WHERE id = %s", [post])

    installation.run(LAST)

    assert_right(installation)
    engagement = restated(installation, "metric_name = 'engagement_events' AND date = '2024-02-28'")
    assert {tuple(row[5]) for row in engagement} == {("moderated",)}


def test_a_change_older_than_the_lookback_waits_and_is_mended_by_its_own_run(
    installation: Installation,
) -> None:
    installation.execute(LATE_VIEW, {"at": "2024-02-26 12:00"})
    before = load_ids(installation)

    installation.run("2024-03-05")
    waiting = changed_partitions(before, load_ids(installation))
    installation.run("2024-02-26")

    assert ("user_engagement", "2024-02-26") not in waiting
    assert_right(installation, last="2024-03-01")
    assert restated(installation, "date = '2024-02-26' AND user_id IS NOT NULL") != []


def test_rows_that_vanish_without_a_trace_are_refused_unless_accepted(
    installation: Installation,
) -> None:
    with psycopg.connect(installation.url, options="-c session_replication_role=replica") as owner:
        owner.execute(
            "DELETE FROM user_engagement WHERE created_at >= %s::date "
            "AND created_at < %s::date + 1",
            [D, D],
        )

    with pytest.raises(RunFailedError, match=r"user_engagement of 2024-02-28 has lost \d+ rows"):
        installation.run(D)

    assert installation.metric("engagement_events", D, '{"type": "VIEW"}') != 0


def test_an_unfollow_of_an_erased_creator_that_is_dated_back_stops_no_run(
    installation: Installation,
) -> None:
    creator = installation.rows(
        "SELECT following_id FROM user_followers GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    )[0][0]
    installation.execute("DELETE FROM user_followers WHERE following_id = %s", [creator])
    installation.execute("DELETE FROM users WHERE id = %s", [creator])
    installation.run(LAST)
    installation.execute("UPDATE audit_log SET timestamp = %s", [f"{D} 12:00"])

    installation.run(LAST)

    assert_right(installation)
