from collections.abc import Iterable
from typing import Any

import polars as pl
import pytest

from assets.resources.engine import EngineName
from schema.windows import DayRange, parse_day
from tests.fixtures.installation import RECENT, Copy, Installation

DAYS = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]
LAKE_TABLES = [
    *("user_engagement", "user_activity", "post_engagement_hourly", "post_audience_daily"),
    *("author_audience_daily", "user_analytics", "post_scores", "popular_posts"),
]


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


@pytest.fixture(scope="module")
def one_range(lasting_copies: Copy, recent_template: str) -> Installation:
    installation = lasting_copies(recent_template, EngineName.DUCKDB, RECENT)
    installation.run(DAYS[0], DAYS[-1])
    return installation


def test_a_range_equals_day_by_day(
    recent_installation: Installation, one_range: Installation
) -> None:
    assert run_in_order(recent_installation, DAYS) == everything(one_range)


def test_days_in_another_order_give_the_same_tables(
    recent_installation: Installation, one_range: Installation
) -> None:
    order = [DAYS[3], DAYS[0], DAYS[2], DAYS[1]]

    assert run_in_order(recent_installation, order) == everything(one_range)


def test_running_again_changes_and_writes_nothing(one_range: Installation) -> None:
    installation = one_range
    before = everything(installation)
    versions = "SELECT xmin::text, ctid::text, id FROM {} ORDER BY id"
    tables = ["user_analytics", "system_metrics", "posts"]
    written = [installation.rows(versions.format(table)) for table in tables]

    installation.run(DAYS[0], DAYS[-1])
    installation.run(DAYS[1])

    assert everything(installation) == before
    assert [installation.rows(versions.format(table)) for table in tables] == written
