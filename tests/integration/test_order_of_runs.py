from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import polars as pl
import pytest

from schema.windows import DayRange, parse_day
from tests.fixtures.installation import Installation

DAYS = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]
# History reaches back to the first partition; a near one keeps these runs short.
FIRST_DAY = date(2024, 2, 24)
LAKE_TABLES = [
    *("user_engagement", "user_activity", "post_engagement_hourly", "post_audience_daily"),
    *("author_audience_daily", "user_analytics", "post_scores", "popular_posts"),
]
MakeInstallation = Callable[..., Installation]


def everything(installation: Installation) -> list[Any]:
    days = DayRange(parse_day(DAYS[0]), parse_day(DAYS[-1]))
    lake = [sorted(lake_rows(installation, table, days), key=repr) for table in LAKE_TABLES]
    return [
        installation.user_analytics(),
        installation.system_metrics(),
        installation.scores(),
        installation.rows("SELECT id, engagement_score FROM popular_posts ORDER BY id"),
        *lake,
    ]


def lake_rows(installation: Installation, table: str, days: DayRange) -> list[tuple[Any, ...]]:
    files = installation.lake.files(table, days)
    return pl.read_parquet(files, hive_partitioning=True).rows()


def run_in_order(installation: Installation, days: Iterable[str]) -> list[Any]:
    for day in days:
        installation.run(day)
    return everything(installation)


@pytest.fixture
def as_one_range(new_installation: MakeInstallation) -> list[Any]:
    installation = new_installation(first_day=FIRST_DAY)
    installation.run(DAYS[0], DAYS[-1])
    return everything(installation)


def test_a_range_equals_day_by_day(
    new_installation: MakeInstallation, as_one_range: list[Any]
) -> None:
    assert run_in_order(new_installation(first_day=FIRST_DAY), DAYS) == as_one_range


def test_days_in_another_order_give_the_same_tables(
    new_installation: MakeInstallation, as_one_range: list[Any]
) -> None:
    assert (
        run_in_order(new_installation(first_day=FIRST_DAY), [DAYS[3], DAYS[0], DAYS[2], DAYS[1]])
        == as_one_range
    )


def test_running_again_changes_and_writes_nothing(new_installation: MakeInstallation) -> None:
    installation = new_installation(first_day=FIRST_DAY)
    installation.run(DAYS[0], DAYS[-1])
    before = everything(installation)
    versions = "SELECT xmin::text, ctid::text, id FROM {} ORDER BY id"
    tables = ["user_analytics", "system_metrics", "posts"]
    written = [installation.rows(versions.format(table)) for table in tables]

    installation.run(DAYS[0], DAYS[-1])
    installation.run(DAYS[1])

    assert everything(installation) == before
    assert [installation.rows(versions.format(table)) for table in tables] == written
