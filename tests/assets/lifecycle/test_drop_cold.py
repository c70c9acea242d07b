from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest

from assets.lifecycle.drop_cold import ColdDrop, DropPlan, PlannedMonth
from schema.errors import CorruptPartitionError, DatabaseUnavailableError, UsageError
from schema.lock_retries import LockRetries
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, flip_a_byte
from tests.fixtures.intake import uuid_of

COUNT = "SELECT count(*) FROM user_engagement_archive"


def work(platform: ColdPlatform, *, limit: int = 12) -> ColdDrop:
    return ColdDrop(platform.postgres, platform.store, limit)


def test_months_that_the_store_holds_are_removed_and_nothing_tells_of_a_change(
    copied: ColdPlatform,
) -> None:
    assert copied.drop() == [JANUARY, FEBRUARY]

    assert copied.source.execute(COUNT) == [(0,)]
    assert copied.source.execute("SELECT * FROM pipeline.day_changes") == []
    assert copied.source.execute(
        "SELECT source_table, retired_before FROM pipeline.retired_rows"
    ) == [("user_engagement", date(2024, 3, 1))]
    assert copied.source.execute(
        "SELECT month, row_count, manifest_sha256, lost_before FROM pipeline.cold_months ORDER BY 1"
    ) == [(link.month, 1, link.sha256, None) for link in copied.store.chain().links]
    assert copied.source.execute("SELECT to_regclass('user_engagement_2024_01')") == [(None,)]


def test_an_engagement_of_a_dropped_month_cannot_be_repeated(copied: ColdPlatform) -> None:
    copied.drop()

    with pytest.raises(psycopg.errors.UniqueViolation):
        copied.source.add("user_engagement", "again", post_id="one", created_at="2024-05-01")


def test_a_plan_changes_nothing_and_says_months_rows_and_bytes(copied: ColdPlatform) -> None:
    plan = work(copied).plan()

    assert [(month.month, month.rows) for month in plan.months] == [(JANUARY, 1), (FEBRUARY, 1)]
    assert all(month.size_bytes > 0 for month in plan.months)
    assert plan.obstacle is None
    assert copied.source.execute(COUNT) == [(2,)]


def test_no_more_months_go_than_one_run_may_remove(copied: ColdPlatform) -> None:
    plan = work(copied, limit=1).plan()

    assert [month.month for month in plan.months] == [JANUARY]
    assert plan.obstacle == "a run removes 1 months at most"
    assert len(list(work(copied, limit=1).drop(plan.token))) == 1
    assert copied.source.execute(COUNT) == [(1,)]


def test_a_wrong_token_removes_nothing(copied: ColdPlatform) -> None:
    with pytest.raises(UsageError, match=r"2 months, 2024-01 to 2024-02, 2 rows\). Nothing was"):
        list(work(copied).drop("0123456789abcdef"))

    assert copied.source.execute(COUNT) == [(2,)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE user_engagement_archive SET value = 3 WHERE created_at < '2024-02-01'",
        "DELETE FROM user_engagement_archive WHERE created_at > '2024-02-01'",
    ],
)
def test_a_token_dies_with_the_rows_that_it_stood_for(copied: ColdPlatform, change: str) -> None:
    token = work(copied).plan().token
    copied.source.execute(change)

    with pytest.raises(UsageError, match="does not stand for what would be removed now"):
        list(work(copied).drop(token))
    assert copied.source.execute("SELECT * FROM pipeline.cold_months") == []


def test_a_month_that_is_not_in_the_store_as_it_is_keeps_newer_ones(copied: ColdPlatform) -> None:
    copied.source.execute(
        "UPDATE user_engagement_archive SET metadata = '{}' WHERE created_at < '2024-02-01'"
    )

    plan = work(copied).plan()

    assert plan.months == ()
    assert plan.obstacle == (
        "2024-01 is not in the cold store as PostgreSQL holds it: `sociallive archive` copies it"
    )


MONTH = PlannedMonth(JANUARY, rows=1, fingerprint=7, manifest_sha256="ab", size_bytes=8192)


def token(*months: PlannedMonth) -> str:
    return DropPlan(months, None).token


@pytest.mark.parametrize(
    "change", [{"month": FEBRUARY}, {"rows": 2}, {"fingerprint": 8}, {"manifest_sha256": "cd"}]
)
def test_a_token_stands_for_the_rows_of_each_month_and_for_its_copy(change: dict[str, Any]) -> None:
    assert token(MONTH, replace(MONTH, **change)) != token(MONTH, MONTH)


def test_what_a_month_takes_on_disk_and_why_nothing_more_goes_change_no_token() -> None:
    assert token(replace(MONTH, size_bytes=1)) == token(MONTH)
    assert DropPlan((MONTH,), "a run removes 1 months at most").token == token(MONTH)


ADD_DEVICE = "ALTER TABLE user_engagement_archive ADD COLUMN device TEXT"
SET_DEVICE = "UPDATE user_engagement_archive SET device = 'phone' WHERE created_at > '2024-02-01'"


def test_a_month_with_values_that_its_copy_lacks_stays_until_they_are_taken_out(
    copied: ColdPlatform,
) -> None:
    copied.source.execute(ADD_DEVICE)
    copied.source.execute(SET_DEVICE)

    plan = work(copied).plan()

    assert [month.month for month in plan.months] == [JANUARY]
    assert plan.obstacle == (
        "2024-02 stays while it has values in columns that its copy lacks (device): "
        "take them out of user_engagement_archive if nobody needs them"
    )
    copied.source.execute("UPDATE user_engagement_archive SET device = NULL")
    assert copied.drop() == [JANUARY, FEBRUARY]


def test_the_database_refuses_a_month_that_got_values_its_copy_lacks_after_the_plan(
    copied: ColdPlatform,
) -> None:
    copied.source.execute(ADD_DEVICE)
    dropping = work(copied).drop(work(copied).plan().token)
    next(dropping)
    copied.source.execute(SET_DEVICE)

    with pytest.raises(UsageError, match=r"does not have \(device\): 2024-02 changed and was not"):
        next(dropping)
    assert copied.source.execute(COUNT) == [(1,)]


def test_a_column_that_makes_itself_keeps_no_month(copied: ColdPlatform) -> None:
    copied.source.execute(
        "ALTER TABLE user_engagement_archive"
        " ADD COLUMN doubled NUMERIC GENERATED ALWAYS AS (value * 2) STORED"
    )

    assert copied.drop() == [JANUARY, FEBRUARY]


def test_months_stay_while_older_rows_are_live(copied: ColdPlatform) -> None:
    copied.source.add("user_engagement", "old", created_at="2024-02-10")

    plan = work(copied).plan()

    assert [month.month for month in plan.months] == [JANUARY]
    copied.source.execute("UPDATE user_engagement SET created_at = '2023-05-05'")
    assert "stays while user_engagement has rows of 2023-05-05" in (
        work(copied).plan().obstacle or ""
    )


def test_a_row_of_the_first_instant_after_what_was_dropped_keeps_newer_months(
    copied: ColdPlatform,
) -> None:
    assert copied.drop() == [JANUARY, FEBRUARY]
    copied.source.execute("SELECT ensure_engagement_partitions('2024-03-01', '2024-04-30')")
    for name, moment in [("april", "2024-04-15"), ("march", "2024-03-01 00:00:00")]:
        copied.source.add("posts", name, user_id="author")
        copied.source.add("user_engagement", name, post_id=name, created_at=moment)
    copied.archive(date(2024, 4, 1))
    copied.copy()

    plan = work(copied).plan()

    assert plan.months == ()
    assert "2024-04 stays while user_engagement has rows of 2024-03-01" in (plan.obstacle or "")


def test_a_row_of_a_wrong_clock_keeps_no_month(copied: ColdPlatform) -> None:
    copied.source.add("user_engagement", "old", created_at="1969-12-31")

    assert [month.month for month in work(copied).plan().months] == [JANUARY, FEBRUARY]


def test_a_damaged_copy_is_found_before_anything_is_removed(copied: ColdPlatform) -> None:
    token = work(copied).plan().token
    flip_a_byte(copied.paths(FEBRUARY)[0])

    with pytest.raises(CorruptPartitionError, match="other bytes than were written"):
        list(work(copied).drop(token))
    assert copied.source.execute(COUNT) == [(2,)]


def test_the_database_refuses_a_month_that_changed_after_the_plan(copied: ColdPlatform) -> None:
    dropping = work(copied).drop(work(copied).plan().token)
    next(dropping)
    copied.source.execute("UPDATE user_engagement_archive SET value = 9")

    with pytest.raises(UsageError, match="2024-02 changed and was not removed"):
        next(dropping)
    assert copied.source.execute(COUNT) == [(1,)]


STATE = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pipeline.archived_partitions(%s, %s)"
HASHES_NOTHING = """
CREATE OR REPLACE FUNCTION pipeline.hash_archived_engagement(
    id UUID, user_id UUID, post_id UUID, engagement_type ENGAGEMENT_TYPE_ENUM, value NUMERIC,
    metadata JSONB, created_at TIMESTAMP
) RETURNS BIGINT LANGUAGE plpgsql AS 'BEGIN RAISE ''hashed''; END'
"""


OTHER_ROW = [
    "DELETE FROM user_engagement_archive WHERE created_at < '2024-02-01'",
    """INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)
    SELECT user_id, id, 'LIKE', '2024-01-15' FROM posts LIMIT 1""",
]
OTHER_PARTITION = [
    "ALTER TABLE user_engagement_archive DETACH PARTITION user_engagement_2024_01",
    "CREATE TABLE again (LIKE user_engagement_2024_01 INCLUDING ALL)",
    "INSERT INTO again SELECT * FROM user_engagement_2024_01",
    """ALTER TABLE user_engagement_archive ATTACH PARTITION again
    FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')""",
]


def drop_as_counted(platform: ColdPlatform, changes: list[str]) -> None:
    """Let January change after it was counted, and drop it by that count."""
    (month,) = work(platform, limit=1).plan().months
    ((xmin, leaf),) = platform.source.execute(STATE, JANUARY, FEBRUARY)
    for change in changes:
        platform.source.execute(change)
    platform.source.execute(
        "SELECT pipeline.drop_copied_month(%s, %s, %s::numeric, '', %s::xid8, "
        "ARRAY[%s::regclass::oid])",
        *(JANUARY, month.rows, month.fingerprint, xmin, leaf),
    )


def test_nothing_is_hashed_under_the_lock_of_a_month_that_is_as_it_was_counted(
    copied: ColdPlatform,
) -> None:
    drop_as_counted(copied, [HASHES_NOTHING])

    assert copied.source.execute(COUNT) == [(1,)]


@pytest.mark.parametrize(
    "changes",
    [["UPDATE user_engagement_archive SET value = value"], OTHER_ROW, OTHER_PARTITION],
)
def test_a_month_that_may_have_changed_since_it_was_counted_is_hashed_under_the_lock(
    copied: ColdPlatform, changes: list[str]
) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="hashed"):
        drop_as_counted(copied, [*changes, HASHES_NOTHING])

    assert copied.source.execute("SELECT 1 FROM pipeline.cold_months") == []


@pytest.mark.parametrize(
    "changes",
    [
        ["UPDATE user_engagement_archive SET value = 3"],
        ["DELETE FROM user_engagement_archive"],
        OTHER_ROW,
    ],
)
def test_a_month_that_lost_what_was_counted_is_refused(
    copied: ColdPlatform, changes: list[str]
) -> None:
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        drop_as_counted(copied, changes)


LIVE_ROW = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
SELECT user_id, id, 'SAVE', '{moment}' FROM posts LIMIT 1
"""


@pytest.mark.parametrize("moment", ["2024-01-01", "2024-01-31 23:59:59.999999"])
def test_the_database_refuses_a_month_that_has_got_a_live_row_since_it_was_counted(
    copied: ColdPlatform, moment: str
) -> None:
    refusal = psycopg.errors.ObjectNotInPrerequisiteState
    with pytest.raises(refusal, match="still holds rows of 2024-01"):
        drop_as_counted(copied, [LIVE_ROW.format(moment=moment)])

    assert copied.source.execute(COUNT) == [(2,)]


@pytest.mark.parametrize("moment", ["2023-12-31 23:59:59.999999", "2024-02-01"])
def test_a_live_row_beside_a_month_is_not_in_its_way(copied: ColdPlatform, moment: str) -> None:
    drop_as_counted(copied, [LIVE_ROW.format(moment=moment)])

    assert copied.source.execute(COUNT) == [(1,)]


def test_a_lock_that_is_never_free_removes_nothing(
    copied: ColdPlatform, other_session: psycopg.Connection
) -> None:
    hasty = replace(work(copied), retries=LockRetries((10, 10), lambda _seconds: None))
    token = hasty.plan().token
    other_session.execute("SELECT * FROM user_engagement_archive")

    with pytest.raises(DatabaseUnavailableError, match="could not remove 2024-01"):
        list(hasty.drop(token))
    other_session.rollback()
    assert copied.drop() == [JANUARY, FEBRUARY]


def test_a_partition_of_several_months_is_not_removed(platform: ColdPlatform) -> None:
    platform.source.execute(
        "CREATE TABLE half_a_year PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-03-01') TO ('2024-09-01')"
    )
    platform.source.execute(
        "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at) "
        "VALUES (%s, %s, 'LIKE', '2024-04-01')",
        uuid_of("somebody"),
        uuid_of("old post"),
    )
    platform.copy()

    with pytest.raises(UsageError, match="a partition of the archive that holds other months"):
        platform.drop()
    assert platform.source.execute(COUNT) == [(1,)]


def test_days_that_were_lost_before_stay_lost(copied: ColdPlatform) -> None:
    copied.source.execute(
        "INSERT INTO pipeline.retired_rows (source_table, retired_before) "
        "VALUES ('user_engagement', '2023-01-01')"
    )

    copied.drop()

    assert copied.source.execute("SELECT DISTINCT lost_before FROM pipeline.cold_months") == [
        (date(2023, 1, 1),)
    ]


@pytest.mark.parametrize("role", ["sociallive_reader", "sociallive_writer"])
def test_only_the_operator_may_drop_a_month(copied: ColdPlatform, role: str) -> None:
    copied.source.execute(f"SET ROLE {role}")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        copied.source.execute(
            "SELECT pipeline.drop_copied_month("
            "'2024-01-01'::date, 1::bigint, 1::numeric, '', NULL, NULL)"
        )
