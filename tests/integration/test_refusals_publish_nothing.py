from datetime import date

import pytest

from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Postgres
from schema.errors import RunFailedError
from schema.windows import DayRange
from tests.fixtures.installation import Installation

DAY = "2026-11-01"
DAYS = DayRange(date(2026, 11, 1), date(2026, 11, 1))
ONE_LIKE = """
WITH person AS (
    INSERT INTO users (email, username, password_hash, created_at)
    VALUES ('p@users.invalid', 'p', '!', '2026-11-01') RETURNING id
), post AS (
    INSERT INTO posts (user_id, content, created_at)
    SELECT id, 'one', '2026-11-01' FROM person RETURNING id, user_id
)
INSERT INTO user_engagement (id, user_id, post_id, engagement_type, value, created_at)
SELECT '11111111-1111-1111-1111-111111111111', user_id, id, 'LIKE', %s, '2026-11-01 10:00' FROM post
"""


@pytest.fixture
def installation(installation: Installation) -> Installation:
    return installation.since(date(2026, 10, 30))


def published(installation: Installation) -> list[tuple[str]]:
    return installation.rows(
        "SELECT table_name FROM pipeline.partition_ledger WHERE state = 'published'"
    )


def test_a_row_that_breaks_its_contract_stops_the_day_and_everything_after_it(
    installation: Installation,
) -> None:
    installation.execute(ONE_LIKE, ["NaN"])

    with pytest.raises(
        RunFailedError,
        match=r"user_engagement of 2026-11-01 breaks its contract: value: not_nullable: 1 row "
        r"\(id 11111111-1111-1111-1111-111111111111\)",
    ):
        installation.run(DAY)

    assert installation.user_analytics() == []
    assert installation.system_metrics() == []
    assert DAY not in str(published(installation))
    assert installation.lake.missing_days("users", DAYS) == list(DAYS)
    assert list(installation.settings.lake.rglob("*.parquet")) == []


def test_a_corrected_row_lets_the_day_run(installation: Installation) -> None:
    installation.execute(ONE_LIKE, ["NaN"])
    with pytest.raises(RunFailedError):
        installation.run(DAY)
    installation.execute("UPDATE user_engagement SET value = 1")

    installation.run(DAY)

    assert installation.user_analytics() == installation.expected("user_analytics", DAY, DAY)


def test_a_renamed_column_is_named_before_anything_is_published(
    installation: Installation,
) -> None:
    installation.execute("ALTER TABLE comments RENAME COLUMN post_id TO posted_id")

    with pytest.raises(RunFailedError, match=r"comments\.post_id \(uuid\) is missing"):
        installation.run(DAY)

    assert published(installation) == []
    assert list(installation.settings.lake.rglob("*.parquet")) == []


def test_a_table_that_the_numbers_are_written_to_is_missed_before_anything_is_published(
    installation: Installation,
) -> None:
    installation.execute("ALTER TABLE user_analytics RENAME COLUMN total_likes TO likes")

    with pytest.raises(RunFailedError, match=r"user_analytics\.total_likes \(integer\) is missing"):
        installation.run(DAY)

    assert published(installation) == []
    assert list(installation.settings.lake.rglob("*.parquet")) == []


@pytest.mark.fault
def test_two_runs_never_work_on_the_same_partition(installation: Installation) -> None:
    ledger = PartitionLedger(Postgres(installation.url))

    with (
        ledger.write(["user_analytics"], DAYS, run_id="the other"),
        pytest.raises(
            RunFailedError, match="another run is working on user_analytics of 2026-11-01"
        ),
    ):
        installation.run(DAY)

    installation.run(DAY)
    assert installation.metric("daily_active_users", DAY) == 0


@pytest.mark.fault
def test_a_damaged_file_is_named_and_healed_by_running_its_day_again(
    installation: Installation,
) -> None:
    installation.execute(ONE_LIKE, [1])
    installation.run(DAY)
    [file] = installation.lake.files("user_activity", DAYS)
    file.write_bytes(file.read_bytes()[:-1])

    with pytest.raises(RunFailedError, match=f"{file} is missing or not the .* bytes"):
        installation.run("2026-11-02")

    installation.run(DAY)
    installation.run("2026-11-02")
    assert installation.metric("weekly_active_users", "2026-11-02") == 1
